use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Error, Result};

/// A change by paths: members that are set, however deep, and members that are removed. All others stay as they are.
/// The server takes up to 200 paths.
///
/// A path is a JSON Pointer, such as `/address/city`; [`pointer()`] makes those of odd names. The same pointer again takes
/// the place of what was said before. What is no pointer, lies within another one of the edit, or is a value that is
/// no JSON, fails as a mistake of the program when the edit is sent.
///
/// ```
/// use vibespace::Edit;
///
/// let edit = Edit::new().set("/address/city", "Oslo").remove("/nick");
/// assert_eq!(edit.paths().collect::<Vec<_>>(), ["/address/city", "/nick"]);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "an edit changes nothing before it is sent by `update`"]
pub struct Edit {
    steps: Vec<Step>,
    mistake: Option<Error>,
}

#[derive(Clone, Debug)]
struct Step {
    pointer: String,
    names: Vec<String>,
    /// None where the member is removed.
    value: Option<Value>,
}

impl Edit {
    /// Makes an edit that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a member, and makes the objects on the way to it where they are missing. Arrays are replaced whole; null
    /// is a value.
    pub fn set(self, pointer: impl Into<String>, value: impl Serialize) -> Self {
        let pointer = pointer.into();
        match serde_json::to_value(value) {
            Ok(value) => self.with(pointer, Some(value)),
            Err(cause) => {
                self.mistaken(Error::misuse(format!("The value for '{pointer}' is no JSON.")).with_source(cause))
            }
        }
    }

    /// Removes a member. One that is not there stays away.
    pub fn remove(self, pointer: impl Into<String>) -> Self {
        self.with(pointer.into(), None)
    }

    /// The pointers of the members that this edit changes, in the order in which they were named.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.pointer.as_str())
    }

    /// The object that holds the new values at their places.
    pub(crate) fn to_body(&self) -> Result<Vec<u8>> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let mut body = Map::new();
        for step in &self.steps {
            if let (Some(value), [path @ .., last]) = (&step.value, step.names.as_slice()) {
                place(&mut body, path, last, value);
            }
        }
        serde_json::to_vec(&body).map_err(|cause| Error::misuse("A value is no JSON.").with_source(cause))
    }

    fn with(mut self, pointer: String, value: Option<Value>) -> Self {
        let names = match split(&pointer) {
            Ok(names) => names,
            Err(mistake) => return self.mistaken(mistake),
        };
        self.steps.retain(|step| step.pointer != pointer);
        let overlaps = |step: &&Step| step.names.starts_with(&names) || names.starts_with(&step.names);
        if let Some(other) = self.steps.iter().find(overlaps) {
            let mistake = Error::misuse(format!("'{pointer}' and '{}' overlap.", other.pointer));
            return self.mistaken(mistake);
        }
        self.steps.push(Step { pointer, names, value });
        self
    }

    fn mistaken(mut self, mistake: Error) -> Self {
        self.mistake.get_or_insert(mistake);
        self
    }
}

fn place(object: &mut Map<String, Value>, path: &[String], last: &str, value: &Value) {
    let Some((first, rest)) = path.split_first() else {
        object.insert(last.to_owned(), value.clone());
        return;
    };
    // No path of an edit leads through another one's value.
    let inner = object.entry(first.as_str()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        place(inner, rest, last, value);
    }
}

/// Makes the JSON Pointer (RFC 6901) to a member, of the names on the way to it, from the outermost. The server takes
/// 1 to 8 names.
///
/// ```
/// assert_eq!(vibespace::pointer(["a/b", "c"]), "/a~1b/c");
/// ```
#[must_use]
pub fn pointer<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> String {
    names.into_iter().fold(String::new(), |mut pointer, name| {
        pointer.push('/');
        pointer.push_str(&name.as_ref().replace('~', "~0").replace('/', "~1"));
        pointer
    })
}

fn split(pointer: &str) -> Result<Vec<String>> {
    let Some(names) = pointer.strip_prefix('/') else {
        return Err(Error::misuse(format!("'{pointer}' is no JSON Pointer: it must begin with '/'.")));
    };
    let unescape = |name: &str| {
        if name.replace("~0", "").replace("~1", "").contains('~') {
            return Err(Error::misuse(format!("'{pointer}' is no JSON Pointer: '~' is written '~0'.")));
        }
        // In this order: "~01" is the name "~1".
        Ok(name.replace("~1", "/").replace("~0", "~"))
    };
    names.split('/').map(unescape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(edit: &Edit) -> String {
        edit.to_body().map_or_else(|error| error.to_string(), |body| String::from_utf8_lossy(&body).into_owned())
    }

    #[test]
    fn values_stand_at_their_places_and_removed_members_nowhere() {
        let edit = Edit::new().set("/a/b", 1).set("/a/c", [2]).remove("/d").set("/x~1y/~01", None::<u8>);
        assert_eq!(body(&edit), r#"{"a":{"b":1,"c":[2]},"x/y":{"~1":null}}"#);
        assert_eq!(edit.paths().collect::<Vec<_>>(), ["/a/b", "/a/c", "/d", "/x~1y/~01"]);
    }

    #[test]
    fn the_same_pointer_again_takes_the_place() {
        assert_eq!(body(&Edit::new().set("/a", 1).remove("/a")), "{}");
        assert_eq!(body(&Edit::new().remove("/a").set("/a", 2)), r#"{"a":2}"#);
    }

    #[test]
    fn what_cannot_be_sent_is_a_mistake() {
        let edits = [
            Edit::new().set("a", 1),
            Edit::new().set("/a~2", 1),
            Edit::new().set("/a", 1).set("/a/b", 2),
            Edit::new().remove("/a/b").set("/a", 2),
            Edit::new().set("/a", std::collections::HashMap::from([((1, 2), 3)])),
        ];
        for edit in edits {
            assert!(edit.to_body().is_err_and(|error| error.is_misuse()), "{edit:?}");
        }
    }

    #[test]
    fn pointers_escape_odd_names() {
        assert_eq!(pointer(["~1", "a/b"]), "/~01/a~1b");
        assert_eq!(split("/~01/a~1b").ok(), Some(vec!["~1".to_owned(), "a/b".to_owned()]));
    }
}
