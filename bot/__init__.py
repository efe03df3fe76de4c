"""relaydesk: a chat-ops helpdesk bot."""
