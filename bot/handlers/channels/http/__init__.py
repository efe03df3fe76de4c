"""A channel for anything else: signed webhooks in, signed webhooks out (docs/http-channel.md)."""
