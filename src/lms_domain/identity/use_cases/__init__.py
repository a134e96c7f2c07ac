"""What people do with accounts and sign-ins. Each call is one transaction."""

from lms_domain.identity.use_cases.accounts import (
    change_me,
    change_user,
    create_user,
    make_admin,
    register,
    register_again,
    set_roles,
)
from lms_domain.identity.use_cases.api_tokens import (
    create_api_token,
    revoke_api_token,
    revoke_api_tokens_of,
    use_api_token,
)
from lms_domain.identity.use_cases.emails import (
    ask_for_email_change,
    ask_for_verification,
    confirm_email_change,
    issue_verification,
    verify_email,
)
from lms_domain.identity.use_cases.passwords import (
    ask_for_reset,
    change_password,
    harden_password,
    issue_reset,
    reset_password,
)
from lms_domain.identity.use_cases.reacting import refuse_api_token, refuse_older_tokens, refuse_session
from lms_domain.identity.use_cases.sessions import (
    Answer,
    end_all_my_sessions,
    end_my_other_sessions,
    end_my_session,
    end_session,
    end_sessions_of,
    open_session,
    refresh_session,
    refuse_sign_in,
)

__all__ = [
    "Answer",
    "ask_for_email_change",
    "ask_for_reset",
    "ask_for_verification",
    "change_me",
    "change_password",
    "change_user",
    "confirm_email_change",
    "create_api_token",
    "create_user",
    "end_all_my_sessions",
    "end_my_other_sessions",
    "end_my_session",
    "end_session",
    "end_sessions_of",
    "harden_password",
    "issue_reset",
    "issue_verification",
    "make_admin",
    "open_session",
    "refresh_session",
    "refuse_api_token",
    "refuse_older_tokens",
    "refuse_session",
    "refuse_sign_in",
    "register",
    "register_again",
    "reset_password",
    "revoke_api_token",
    "revoke_api_tokens_of",
    "set_roles",
    "use_api_token",
    "verify_email",
]
