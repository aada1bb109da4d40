"""A Telegram of our own, as bots see it. aiogram, which others wrote, accepts it."""
