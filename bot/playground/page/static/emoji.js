// The emoji that people reach for first; a name that is not here is shown between its colons.

const EMOJI = {
  "+1": "👍", "-1": "👎", bulb: "💡", clap: "👏", check: "✔️", eyes: "👀", fire: "🔥", grinning: "😀", heart: "❤️",
  hourglass: "⌛", joy: "😂", link: "🔗", mag: "🔍", memo: "📝", newspaper: "📰", open_mouth: "😮", pray: "🙏",
  question: "❓", raised_hands: "🙌", rocket: "🚀", smile: "😄", speech_balloon: "💬", tada: "🎉", thinking_face: "🤔",
  thumbsdown: "👎", thumbsup: "👍", warning: "⚠️", wave: "👋", white_check_mark: "✅", x: "❌",
};

/** What the reaction menu offers. */
export const REACTIONS = ["+1", "-1", "eyes", "heart", "tada", "thinking_face", "white_check_mark", "rocket"];

/** The character of that name, or null. */
export function emojiOf(name) {
  return Object.hasOwn(EMOJI, name.split("::")[0]) ? EMOJI[name.split("::")[0]] : null;
}

/** The character of that name, or its name as typed. */
export function shownEmoji(name) {
  return emojiOf(name) ?? `:${name}:`;
}
