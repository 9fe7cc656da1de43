/// Names a method for retries, traces and logs; nothing of a request stands here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rpc {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) is_read: bool,
}

impl Rpc {
    pub(crate) const GET_DOCUMENT: Self = Self::read("vibe.data.v1.DocumentService", "GetDocument");
    pub(crate) const LIST_DOCUMENTS: Self = Self::read("vibe.data.v1.DocumentService", "ListDocuments");
    pub(crate) const LIST_COLLECTIONS: Self = Self::read("vibe.data.v1.CollectionService", "ListCollections");
    pub(crate) const PULL: Self = Self::read("vibe.sync.v1.SyncService", "Pull");
    pub(crate) const BATCH_WRITE: Self =
        Self { service: "vibe.data.v1.DocumentService", method: "BatchWrite", is_read: false };

    /// The package, by which servers say where they serve what.
    pub(crate) fn package(self) -> &'static str {
        package_of(self.service)
    }

    const fn read(service: &'static str, method: &'static str) -> Self {
        Self { service, method, is_read: true }
    }
}

/// The package of every stream.
pub(crate) const SYNC: &str = "vibe.sync.v1";

pub(crate) fn package_of(service: &str) -> &str {
    service.rsplit_once('.').map_or("", |(package, _)| package)
}
