"""Email addresses: read as RFC 5321 and 6531 write them, and folded, so that case makes no second account."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # RFC 5321 §4.5.3.1


class FoldedEmails:
    def normalized(self, address: str, /) -> str | None:
        if len(address) > LONGEST:  # reading 9 MB of it would take seconds
            return None
        try:
            # Nothing is asked of the network: whether mail arrives is found out by sending one.
            valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
        except EmailNotValidError:
            return None
        folded = f"{valid.local_part.casefold()}@{valid.ascii_domain}".lower()
        return unicodedata.normalize("NFC", folded)
