"""Development tools. ``make help`` lists them."""
