"""What the state offers: campaigns, their rules, and the money behind them."""
