"""Objects: IRPs, sockets and clients, and the provider that they belong to."""
