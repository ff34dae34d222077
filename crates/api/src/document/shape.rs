//! The shape of a body: a schema, and the named schemas that it is made of.

use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, Array, Schema, Type};
use utoipa::openapi::{Components, ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema as _, ToSchema};

/// The shape of a body.
#[derive(Clone)]
pub struct Shape {
    /// What stands in its place.
    pub(super) schema: RefOr<Schema>,
    named: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    /// That of a wire type.
    pub fn of<T: ToSchema>() -> Self {
        let mut named = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut named);
        for (_, schema) in &mut named {
            forget_defaults(schema);
        }
        Self { schema: Ref::from_schema_name(T::name()).into(), named }
    }

    /// That of a list of wire types.
    pub fn list_of<T: ToSchema>() -> Self {
        let Self { schema, named } = Self::of::<T>();
        Self { schema: Array::new(schema).into(), named }
    }

    /// That of a file for a browser: a text, or an object with anything in it.
    pub(super) fn file(media_type: &str) -> Self {
        let object = ObjectBuilder::new().schema_type(Type::Object);
        let object = object.additional_properties(Some(AdditionalProperties::FreeForm(true))).into();
        let schema = if media_type.starts_with("text/") { String::schema() } else { object };
        Self { schema, named: Vec::new() }
    }

    /// One of these, of which there is at least one.
    pub(super) fn any_of(shapes: &[Self]) -> RefOr<Schema> {
        match shapes {
            [only] => only.schema.clone(),
            several => {
                let any = several.iter().fold(AnyOfBuilder::new(), |any, shape| any.item(shape.schema.clone()));
                Schema::AnyOf(any.build()).into()
            }
        }
    }

    /// Notes the named schemas that this one is made of.
    pub(super) fn note(&self, components: &mut Components) {
        for (name, schema) in &self.named {
            components.schemas.entry(name.clone()).or_insert_with(|| schema.clone());
        }
    }
}

/// A member that is not there is `null` to a wire type, and no default to anybody else.
fn forget_defaults(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    for member in object.properties.values_mut() {
        match member {
            RefOr::Ref(reference) => reference.default.take_if(|default| default.is_null()),
            RefOr::T(Schema::Object(member)) => member.default.take_if(|default| default.is_null()),
            RefOr::T(Schema::OneOf(member)) => member.default.take_if(|default| default.is_null()),
            RefOr::T(_) => None,
        };
    }
}
