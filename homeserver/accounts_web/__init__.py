"""The pages on which people sign in, agree and look after their accounts. They need no script."""
