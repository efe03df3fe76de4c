"""E-mail: conversations as letters, through an SMTP server."""
