"""What other systems are told of calls, and customers of their matters: through an outbox, by mail, SMS or a folder."""
