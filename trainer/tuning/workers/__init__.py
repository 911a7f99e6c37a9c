"""The processes that run a search, on one machine or several, and the store in which they meet."""
