"""The web page that shows a stand-in workspace as people know one, and under an inspector as its engineer does."""
