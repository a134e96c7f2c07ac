"""What people do with accounts and sign-ins. Each call is one transaction."""

from lms_domain.identity.use_cases.accounts import (
    change_me,
    change_user,
    create_user,
    make_admin,
    register,
    set_roles,
)
from lms_domain.identity.use_cases.api_tokens import (
    create_api_token,
    revoke_api_token,
    revoke_api_tokens_of,
    use_api_token,
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
)

__all__ = [
    "Answer",
    "change_me",
    "change_user",
    "create_api_token",
    "create_user",
    "end_all_my_sessions",
    "end_my_other_sessions",
    "end_my_session",
    "end_session",
    "end_sessions_of",
    "make_admin",
    "open_session",
    "refresh_session",
    "refuse_api_token",
    "refuse_older_tokens",
    "refuse_session",
    "register",
    "revoke_api_token",
    "revoke_api_tokens_of",
    "set_roles",
    "use_api_token",
]
