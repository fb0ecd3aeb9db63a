"""SIP trunks as reviewed files: model, checks, routes, and what Asterisk is told of them. All of it is pure."""
