use crate::generated::vibe::access::v1 as wire;

/// Who, besides the owner of the space, may do what with one document.
///
/// Whom a denying rule covers is refused, whatever else allows it; whom no allowing rule covers is refused too. The
/// owner can do everything and is named in no list. Nobody can give what they do not have themselves. An empty list
/// leaves access to the owner alone.
///
/// ```
/// use vibespace::{Acl, Operation};
///
/// let readers = Acl::new().allow(["did:web:bob.example"], [Operation::Read]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    allow: Vec<AclRule>,
    deny: Vec<AclRule>,
}

/// Covers some people for some operations, in an [`Acl`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AclRule {
    /// The people by their DIDs.
    pub people: Vec<String>,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// What can be done to documents. No operation implies another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Reads documents.
    Read,
    /// Adds documents. Access lists of documents refuse it.
    Create,
    /// Changes members of documents that exist.
    Update,
    /// Deletes whole documents.
    Delete,
    /// Reads and replaces access lists.
    Share,
    /// One that a newer server names, by its number in the contract; it is written back as it came.
    Other(i32),
}

impl Acl {
    /// Makes the list that leaves access to the owner alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule that allows; at most 1,000 people in all.
    #[must_use]
    pub fn allow<P: Into<String>>(
        mut self,
        people: impl IntoIterator<Item = P>,
        operations: impl IntoIterator<Item = Operation>,
    ) -> Self {
        self.allow.push(AclRule::new(people, operations));
        self
    }

    /// Adds a rule that denies; at most 1,000 people in all.
    #[must_use]
    pub fn deny<P: Into<String>>(
        mut self,
        people: impl IntoIterator<Item = P>,
        operations: impl IntoIterator<Item = Operation>,
    ) -> Self {
        self.deny.push(AclRule::new(people, operations));
        self
    }

    /// The rules that allow.
    #[must_use]
    pub fn allowing(&self) -> &[AclRule] {
        &self.allow
    }

    /// The rules that deny.
    #[must_use]
    pub fn denying(&self) -> &[AclRule] {
        &self.deny
    }

    pub(crate) fn from_wire(acl: wire::Acl) -> Self {
        let read = |rules: Vec<wire::AclRule>| rules.into_iter().map(AclRule::from_wire).collect();
        Self { allow: read(acl.allow), deny: read(acl.deny) }
    }

    pub(crate) fn to_wire(&self) -> wire::Acl {
        let write = |rules: &[AclRule]| rules.iter().map(AclRule::to_wire).collect();
        wire::Acl { allow: write(&self.allow), deny: write(&self.deny) }
    }
}

impl AclRule {
    fn new<P: Into<String>>(
        people: impl IntoIterator<Item = P>,
        operations: impl IntoIterator<Item = Operation>,
    ) -> Self {
        Self { people: people.into_iter().map(Into::into).collect(), operations: operations.into_iter().collect() }
    }

    fn from_wire(rule: wire::AclRule) -> Self {
        Self { people: rule.people, operations: rule.operations.into_iter().map(Operation::from_wire).collect() }
    }

    fn to_wire(&self) -> wire::AclRule {
        let operations = self.operations.iter().map(|operation| operation.to_wire()).collect();
        wire::AclRule { people: self.people.clone(), operations }
    }
}

impl Operation {
    fn from_wire(number: i32) -> Self {
        let known = [Self::Read, Self::Create, Self::Update, Self::Delete, Self::Share];
        known.into_iter().find(|operation| operation.to_wire() == number).unwrap_or(Self::Other(number))
    }

    fn to_wire(self) -> i32 {
        match self {
            Self::Read => wire::Operation::Read as i32,
            Self::Create => wire::Operation::Create as i32,
            Self::Update => wire::Operation::Update as i32,
            Self::Delete => wire::Operation::Delete as i32,
            Self::Share => wire::Operation::Share as i32,
            Self::Other(number) => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_out_as_it_came_with_operations_that_are_not_known() {
        let rule = wire::AclRule { people: vec!["did:a".into()], operations: vec![1, 5, 77] };
        let list = wire::Acl { allow: vec![rule], deny: Vec::new() };
        let read = Acl::from_wire(list.clone());
        assert_eq!(read.allowing()[0].operations, [Operation::Read, Operation::Share, Operation::Other(77)]);
        assert_eq!(read.to_wire(), list);
    }
}
