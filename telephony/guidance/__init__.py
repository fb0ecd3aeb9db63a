"""What helps a consultant during a call, read from files: dispositions, scripts, articles."""
