"""Windows, models, delegates and actions."""
