"""Lab: small tasks on which many strengths are trained at once, and engines that choose among them."""
