"""Local stand-ins that speak the platforms' wire protocols, and the page to play with them."""
