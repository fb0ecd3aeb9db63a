"""What other systems are told of calls: signed webhooks and Zammad's telephony interface, through an outbox."""
