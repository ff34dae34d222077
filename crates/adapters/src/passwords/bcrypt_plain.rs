//! The password given to bcrypt as it is: Django's `bcrypt$$2b$12$…`, and the bare `$2b$12$…` of passlib and others.
//!
//! bcrypt reads the first 72 bytes of a password, and so does this: whoever chose a longer one under the old system
//! must be able to log in here. The hash that the login then makes counts every byte. No password has a NUL in it
//! ([`PlainPassword`]), at which other versions of bcrypt stopped; passlib never took one either.

use tessera_domain::PlainPassword;

use super::bcrypt_text::BcryptText;

/// Django's name of the scheme; elsewhere it has none.
pub(super) const NAME: &str = "bcrypt";

/// Whether `hash` is that of `password`.
pub(super) fn is_of(hash: &BcryptText, password: &PlainPassword) -> bool {
    hash.is_of(password.expose().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, hash: &str) -> bool {
        let hash = BcryptText::parse(hash).expect("readable");
        is_of(&hash, &PlainPassword::parse(text).expect("valid"))
    }

    #[test]
    fn reads_what_django_and_passlib_wrote() {
        let long = "long ".repeat(30);
        let known = [
            // Made by Django 5.2, without the name of the scheme.
            ("correct horse battery", "$2b$04$oAUPu9usSrK5z2kysTsmPO0WC.Y2V0ooGsQDQxphSC87gCwuabEoC"),
            ("contraseña 🔑 пароль", "$2b$04$fZTF/MHISSaktDBWo70ej.RBr4oTVt026aWqTlmDOgz8Hatiuf24i"),
            (&long, "$2b$04$82.uDKRGFecyf6w8sEaR3uJcXG3Xx6eYi5aRg2p3jdqB99S/2Cd4u"),
            // Made by passlib 1.7.
            ("contraseña 🔑 пароль", "$2a$04$ixnWi.BOqViUIED3fKYt9ecLTK7bhyd3bwe6bdsaUGjdBwIj9LAvK"),
            (&long, "$2a$04$krPKWBuWYWhjpRq6k4jU.u9CFXyjlDvPLH10q1Nvh4HDPme7KJ.ue"),
            ("contraseña 🔑 пароль", "$2b$04$aaqdjwe.1orvM9BhKf68.OuZ1ilkU/dvu588VbhFbt0PYEgYR.YYq"),
            (&long, "$2b$04$h8RqBZuevTqp..1gWzawFewpwcNkYXthlepjnUPmWKTmYQWVAR9O."),
            ("contraseña 🔑 пароль", "$2y$04$e3O2JdkYe6FOPpeWI.Zpl.hGQ8bI7WiODm3QRrhS3R1NAW3j3SiwK"),
            (&long, "$2y$04$.g4qRCkfvXh7f5mbpKcFCOUKkdoDcTEMck81rlJB86.aj5yQPI6FC"),
        ];
        for (text, hash) in known {
            assert!(matches(text, hash), "{text}: {hash}");
            assert!(!matches("something else", hash), "{hash}");
        }
    }

    #[test]
    fn the_first_72_bytes_count_and_the_others_do_not() {
        let x = |count: usize| "x".repeat(count);
        // Made by passlib 1.7 of 72 and of 71 times "x".
        let (of_72, of_71) = (
            "$2b$04$/k97/t4Kn.3sdn4m4xlJ9eml6MkyZzjobFwVRYLhVUzHRqBNbK7S.",
            "$2b$04$G9W7WoTHiV9neGO5HzOwkuQ3QcR3HUD/9CHhQjUH4GeSWfedwqPFi",
        );
        assert!(matches(&x(72), of_72) && matches(&x(73), of_72) && matches(&x(1_000), of_72));
        assert!(matches(&(x(72) + "y"), of_72) && !matches(&(x(71) + "y"), of_72) && !matches(&x(71), of_72));
        assert!(matches(&x(71), of_71) && !matches(&x(70), of_71) && !matches(&x(72), of_71));
    }
}
