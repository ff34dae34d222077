//! A password that the owner of an account chooses.

use tessera_domain::{PasswordContext, PasswordProblem, PlainPassword, User, check_password};

/// A new password, typed twice.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// The password.
    pub password: PlainPassword,
    /// The same once more.
    pub repeated: PlainPassword,
}

/// Why it cannot be chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsuitable {
    /// It breaks these rules.
    Weak(Vec<PasswordProblem>),
    /// The two are not the same.
    Differ,
}

impl NewPassword {
    /// The password, if it is a good one for `account` and was typed the same twice. Without an account it is held
    /// against the rules that need none.
    pub(super) fn suitable_for(self, account: Option<&User>) -> Result<PlainPassword, Unsuitable> {
        let context = account.map(|user| PasswordContext {
            username: user.username.as_ref(),
            email: Some(&user.email),
            full_name: user.full_name.as_ref(),
        });
        let problems = check_password(&self.password, context.unwrap_or_default());
        if !problems.is_empty() {
            return Err(Unsuitable::Weak(problems));
        }
        if self.password.expose() != self.repeated.expose() {
            return Err(Unsuitable::Differ);
        }
        Ok(self.password)
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::PasswordAttribute;

    use super::*;
    use crate::fixtures::user;

    fn judge(password: &str, repeated: &str, account: Option<&User>) -> Result<String, Unsuitable> {
        let parse = |text| PlainPassword::parse(text).expect("well-formed");
        let new = NewPassword { password: parse(password), repeated: parse(repeated) };
        new.suitable_for(account).map(|password| password.expose().to_owned())
    }

    #[test]
    fn it_is_held_against_the_rules_first_and_then_against_itself() {
        let weak = Err(Unsuitable::Weak(vec![PasswordProblem::TooCommon]));
        assert_eq!(judge("password", "another one", None), weak);
        assert_eq!(judge("a long walk by the sea", "a long walk by the lake", None), Err(Unsuitable::Differ));
        assert_eq!(
            judge("a long walk by the sea", "a long walk by the sea", None),
            Ok("a long walk by the sea".into())
        );
    }

    #[test]
    fn it_is_held_against_the_account_it_is_for() {
        let similar = PasswordProblem::TooSimilar(PasswordAttribute::Email);
        let password = "ana.example.com";
        assert_eq!(judge(password, password, Some(&user())), Err(Unsuitable::Weak(vec![similar])));
        assert!(judge(password, password, None).is_ok());
    }
}
