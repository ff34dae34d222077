//! Texts that stand in bodies: each kind once, under its own name in the document. These types are never made; wire types
//! name them where they describe themselves.

use std::borrow::Cow;

use tessera_domain::PlainPassword;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

macro_rules! texts {
    ($($(#[doc = $about:literal])+ $name:ident => |$schema:ident| $made:expr;)*) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug)]
            pub enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let about = concat!($($about),+).trim();
                    let $schema = ObjectBuilder::new().schema_type(Type::String).description(Some(about));
                    Schema::Object($made.build()).into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*
    };
}

texts! {
    /// An e-mail address. It is one account's, however it is capitalised.
    Address => |text| text.format(Some(format("email"))).max_length(Some(254));
    /// A name that is one account's: letters, digits and `@ . + - _`, however they are capitalised.
    Username => |text| text.min_length(Some(1)).max_length(Some(150));
    /// The name of a person, as they write it.
    FullName => |text| text.min_length(Some(1)).max_length(Some(150));
    /// A name, for the demonstration.
    AnyName => |text| text.min_length(Some(1)).max_length(Some(150));
    /// A password to choose: at least 8 characters and at most 1,024 bytes, not only digits, not a common one, and not
    /// one that resembles the account's own names.
    NewPassword => |text| password(text).min_length(Some(8));
    /// A password, of at most 1,024 bytes.
    Password => |text| password(text).min_length(Some(1));
    /// An access token: a JWT. It is sent as `Authorization: Bearer`.
    AccessToken => |text| text.min_length(Some(1));
    /// A refresh token: a JWT, for new access tokens and nothing else.
    RefreshToken => |text| text.min_length(Some(1));
    /// The secret of a one-time token, or of a link in a mail.
    OneTimeToken => |text| text.min_length(Some(1));
    /// An id.
    Id => |text| text.format(Some(format("uuid")));
    /// A point in time, in UTC.
    Moment => |text| text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
}

fn format(name: &str) -> SchemaFormat {
    SchemaFormat::Custom(name.to_owned())
}

/// No more characters than bytes, of which the limit is.
fn password(text: ObjectBuilder) -> ObjectBuilder {
    text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Password))).max_length(Some(PlainPassword::MAX_BYTES))
}
