"""What pages ask of the server: one table of endpoints, from which requests are served and OpenAPI is written."""
