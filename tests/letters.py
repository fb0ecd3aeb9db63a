"""Letters of complaints for tests: without any way to send them, or with whatever ways the test says."""

from __future__ import annotations

from telephony.complaint_post import ComplaintPost
from telephony.customer_messages import CustomerMessages
from telephony.message_settings import Messages

UNIT = "MARSOFT S.A., Dział Reklamacji"


def messages(**rules: object) -> CustomerMessages:
    return CustomerMessages(Messages.model_validate(rules), b"a key of the tests")


def post(**rules: object) -> ComplaintPost:
    return ComplaintPost(UNIT, messages(**rules))
