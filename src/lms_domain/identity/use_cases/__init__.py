"""What people do with accounts and sign-ins. Each call is one transaction."""

from lms_domain.identity.use_cases.accounts import (
    change_me,
    change_user,
    create_user,
    invite_user,
    make_admin,
    register,
    register_again,
    set_roles,
)
from lms_domain.identity.use_cases.acting import act_as
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
from lms_domain.identity.use_cases.mfa import (
    answer_challenge,
    begin_totp,
    begin_totp_first,
    confirm_totp,
    end_mfa,
    end_mfa_of,
    renew_recovery_codes,
    step_up,
)
from lms_domain.identity.use_cases.passwords import (
    ask_for_reset,
    change_password,
    harden_password,
    issue_reset,
    reset_password,
)
from lms_domain.identity.use_cases.privacy import erase_by_operator, erase_me, erase_user, give_my_data
from lms_domain.identity.use_cases.reacting import refuse_api_token, refuse_older_tokens, refuse_session
from lms_domain.identity.use_cases.ruling import refuse_sign_in
from lms_domain.identity.use_cases.sessions import (
    Answer,
    challenge,
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
    "act_as",
    "answer_challenge",
    "ask_for_email_change",
    "ask_for_reset",
    "ask_for_verification",
    "begin_totp",
    "begin_totp_first",
    "challenge",
    "change_me",
    "change_password",
    "change_user",
    "confirm_email_change",
    "confirm_totp",
    "create_api_token",
    "create_user",
    "end_all_my_sessions",
    "end_mfa",
    "end_mfa_of",
    "end_my_other_sessions",
    "end_my_session",
    "end_session",
    "end_sessions_of",
    "erase_by_operator",
    "erase_me",
    "erase_user",
    "give_my_data",
    "harden_password",
    "invite_user",
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
    "renew_recovery_codes",
    "reset_password",
    "revoke_api_token",
    "revoke_api_tokens_of",
    "set_roles",
    "step_up",
    "use_api_token",
    "verify_email",
]
