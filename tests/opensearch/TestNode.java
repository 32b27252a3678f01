import java.util.List;
import java.util.stream.IntStream;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * One node of a cluster on loopback, which runs until it is killed.
 *
 * <p>Arguments: its folder, its number from 0, and for each node of the cluster its HTTP and its transport port.
 */
public class TestNode {
  public static void main(String[] arguments) throws Exception {
    String folder = arguments[0];
    int number = Integer.parseInt(arguments[1]);
    int nodes = (arguments.length - 2) / 2;
    List<String> names = IntStream.range(0, nodes).mapToObj(i -> "node" + i).toList();
    List<String> seeds = IntStream.range(0, nodes).mapToObj(i -> "127.0.0.1:" + arguments[3 + 2 * i]).toList();

    OpenSearchRunner runner = new OpenSearchRunner();
    runner.onBuild((index, settings) -> {
      settings.put("node.name", names.get(number));
      settings.put("network.host", "127.0.0.1");
      settings.put("http.port", arguments[2 + 2 * number]);
      settings.put("transport.port", arguments[3 + 2 * number]);
      settings.put("discovery.type", "zen");
      settings.putList("discovery.seed_hosts", seeds);
      settings.putList("cluster.initial_cluster_manager_nodes", names);
      // A killed node is replaced soon, and a full disk of the tests' machine is no reason to stop.
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
      settings.put("action.auto_create_index", false);
    });
    runner.build(OpenSearchRunner.newConfigs().basePath(folder).numOfNode(1).clusterName("pullquote-tests"));
    Thread.currentThread().join();
  }
}
