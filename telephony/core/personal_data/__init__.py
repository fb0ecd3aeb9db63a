"""The catalogue of personal data: every place where it lies, why, how long, and how it is erased [GDPR art. 30]."""
