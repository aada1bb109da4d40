"""The encryption machine talks with clients that others wrote, over a server of ours."""
