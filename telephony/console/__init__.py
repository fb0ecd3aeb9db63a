"""The console: what consultants see and press. An aiohttp server, its WebSocket, and the page in `web/`."""
