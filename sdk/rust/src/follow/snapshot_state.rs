//! Makes whole views of pages. It does no I/O. A view is offered at checkpoints only; what a reader takes carries the
//! difference to what it took before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::page::{Change, FeedChange, FeedPage, RemovalCause};
use super::snapshots::{CollectionSnapshot, Documents};
use crate::Error;
use crate::document::Stored;

pub(super) type View = BTreeMap<String, Arc<Stored>>;

/// Tells the readers of one view apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReaderId(pub(super) u64);

#[derive(Debug, Default)]
pub(super) struct SnapshotState {
    offered: Option<Arc<View>>,
    /// What came since the last checkpoint.
    arriving: BTreeMap<String, FeedChange>,
    /// The ids that were put since a reset, while that is not complete.
    generation: Option<BTreeSet<String>>,
    readers: BTreeMap<ReaderId, Reader>,
    is_live: bool,
    error: Option<Error>,
}

#[derive(Debug)]
struct Reader {
    entry: Entry,
    has_taken: bool,
    was_live: bool,
    /// By id what the reader has seen of it, and why it went.
    missed: BTreeMap<String, Missed>,
}

#[derive(Debug)]
struct Missed {
    seen: Option<Arc<Stored>>,
    cause: RemovalCause,
}

/// When a reader may be shown a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The present one does.
    Now,
    /// It quotes writes that the present stream was not asked for: at the first checkpoint of the next one.
    NextStream,
    /// The stream that was asked for them stands.
    NextCheckpoint,
}

impl SnapshotState {
    pub(super) fn add_reader(&mut self, id: ReaderId, entry: Entry) {
        self.readers.insert(id, Reader { entry, has_taken: false, was_live: false, missed: BTreeMap::new() });
    }

    /// Lets a reader go; true when it was the last one.
    pub(super) fn remove_reader(&mut self, id: ReaderId) -> bool {
        self.readers.remove(&id);
        self.readers.is_empty()
    }

    pub(super) fn has_readers(&self) -> bool {
        !self.readers.is_empty()
    }

    /// Notes that the next stream stands.
    pub(super) fn stream_opened(&mut self) {
        for reader in self.readers.values_mut().filter(|reader| reader.entry == Entry::NextStream) {
            reader.entry = Entry::NextCheckpoint;
        }
    }

    pub(super) fn apply(&mut self, page: FeedPage) {
        if page.is_reset {
            self.generation = Some(BTreeSet::new());
        }
        for change in page.changes {
            let id = match &change {
                FeedChange::Put(stored) => {
                    self.generation.iter_mut().for_each(|generation| _ = generation.insert(stored.id.clone()));
                    stored.id.clone()
                }
                FeedChange::Removed { id, .. } => {
                    self.generation.iter_mut().for_each(|generation| _ = generation.remove(id));
                    id.clone()
                }
            };
            self.arriving.insert(id, change);
        }
        if page.is_live {
            self.offer();
        }
    }

    /// Notes that nobody stands behind the view any more.
    pub(super) fn lose_touch(&mut self, cause: Error) {
        self.is_live = false;
        self.error = Some(cause);
    }

    /// Gives a reader the latest view; none when there is none yet, or nothing to tell since the last one.
    pub(super) fn take<T>(&mut self, id: ReaderId) -> Option<CollectionSnapshot<T>> {
        let offered = self.offered.as_ref()?;
        let reader = self.readers.get_mut(&id).filter(|reader| reader.entry == Entry::Now)?;
        let missed = std::mem::take(&mut reader.missed);
        let changes: Vec<Change<T>> = if reader.has_taken {
            missed.into_iter().filter_map(|(id, missed)| missed.against(id, offered)).collect()
        } else {
            offered.values().map(|stored| Change::put(stored.clone())).collect()
        };
        if reader.has_taken && changes.is_empty() && reader.was_live == self.is_live {
            return None;
        }
        reader.has_taken = true;
        reader.was_live = self.is_live;
        let error = if self.is_live { None } else { self.error.clone() };
        Some(CollectionSnapshot { documents: Documents::new(offered.clone()), changes, live: self.is_live, error })
    }

    fn offer(&mut self) {
        let view = self.offered.get_or_insert_default();
        if let Some(generation) = self.generation.take() {
            let is_gone = |id: &&String| !generation.contains(*id) && !self.arriving.contains_key(*id);
            let gone: Vec<String> = view.keys().filter(is_gone).cloned().collect();
            for id in gone {
                self.arriving.insert(id.clone(), FeedChange::Removed { id, cause: RemovalCause::NoLongerVisible });
            }
        }
        if !self.arriving.is_empty() {
            // Copied only while a reader still holds the view before.
            let view = Arc::make_mut(view);
            for (id, change) in std::mem::take(&mut self.arriving) {
                let cause = match &change {
                    FeedChange::Put(_) => RemovalCause::NoLongerVisible,
                    FeedChange::Removed { cause, .. } => *cause,
                };
                let seen = match change {
                    FeedChange::Put(stored) => view.insert(id.clone(), stored),
                    FeedChange::Removed { .. } => view.remove(&id),
                };
                for reader in self.readers.values_mut().filter(|reader| reader.has_taken) {
                    let missed =
                        reader.missed.entry(id.clone()).or_insert_with(|| Missed { seen: seen.clone(), cause });
                    missed.cause = cause;
                }
            }
        }
        self.is_live = true;
        for reader in self.readers.values_mut().filter(|reader| reader.entry == Entry::NextCheckpoint) {
            reader.entry = Entry::Now;
        }
    }
}

impl Missed {
    fn against<T>(self, id: String, view: &View) -> Option<Change<T>> {
        match (self.seen, view.get(&id)) {
            (Some(seen), Some(present)) if seen.etag == present.etag => None,
            (_, Some(present)) => Some(Change::put(present.clone())),
            (Some(_), None) => Some(Change { id, document: None, cause: Some(self.cause) }),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::Object;

    const ME: ReaderId = ReaderId(1);
    const OTHER: ReaderId = ReaderId(2);

    fn put(id: &str, etag: &str) -> FeedChange {
        FeedChange::Put(Arc::new(Stored {
            id: id.into(),
            json: "{}".into(),
            etag: etag.into(),
            create_time: SystemTime::UNIX_EPOCH,
            update_time: SystemTime::UNIX_EPOCH,
            acl: None,
        }))
    }

    fn removed(id: &str) -> FeedChange {
        FeedChange::Removed { id: id.into(), cause: RemovalCause::Deleted }
    }

    fn page(changes: Vec<FeedChange>, is_reset: bool, is_live: bool) -> FeedPage {
        FeedPage { changes, is_reset, is_live, resume_token: String::new() }
    }

    fn state() -> SnapshotState {
        let mut state = SnapshotState::default();
        state.add_reader(ME, Entry::Now);
        state
    }

    /// The ids of the view, and the ids of the changes with a minus where they went.
    fn take(state: &mut SnapshotState, reader: ReaderId) -> Option<(String, String, bool)> {
        let snapshot = state.take::<Object>(reader)?;
        let ids = snapshot.documents.ids().collect::<Vec<_>>().join(" ");
        let mark = |change: &Change<Object>| match change.document {
            Some(_) => change.id.clone(),
            None => format!("-{}", change.id),
        };
        Some((ids, snapshot.changes.iter().map(mark).collect::<Vec<_>>().join(" "), snapshot.live))
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is compared with what is taken")]
    fn view(ids: &str, changes: &str, live: bool) -> Option<(String, String, bool)> {
        Some((ids.into(), changes.into(), live))
    }

    #[test]
    fn a_view_comes_at_checkpoints_only() {
        let mut state = state();
        state.apply(page(vec![put("b", "1")], true, false));
        assert_eq!(take(&mut state, ME), None);
        state.apply(page(vec![put("a", "1")], false, true));
        assert_eq!(take(&mut state, ME), view("a b", "a b", true));
        assert_eq!(take(&mut state, ME), None);
    }

    #[test]
    fn an_empty_collection_gives_an_empty_view() {
        let mut state = state();
        state.apply(page(vec![], true, true));
        assert_eq!(take(&mut state, ME), view("", "", true));
    }

    #[test]
    fn a_slow_reader_gets_fewer_and_bigger_steps() {
        let mut state = state();
        state.apply(page(vec![put("a", "1"), put("b", "1")], true, true));
        take(&mut state, ME);
        state.apply(page(vec![put("c", "1"), removed("a")], false, true));
        state.apply(page(vec![put("c", "2"), put("d", "1")], false, true));
        state.apply(page(vec![removed("d"), put("b", "1")], false, true));
        assert_eq!(take(&mut state, ME), view("b c", "-a c", true));
    }

    #[test]
    fn what_no_page_since_a_reset_has_put_is_gone() {
        let mut state = state();
        state.apply(page(vec![put("a", "1"), put("b", "1")], true, true));
        take(&mut state, ME);
        state.apply(page(vec![put("b", "1")], true, false));
        assert_eq!(take(&mut state, ME), None);
        state.apply(page(vec![put("c", "1")], false, true));
        assert_eq!(take(&mut state, ME), view("b c", "-a c", true));
    }

    #[test]
    fn live_falls_with_its_cause_and_rises_again() {
        let mut state = state();
        state.lose_touch(Error::cut("gone"));
        assert_eq!(take(&mut state, ME), None);
        state.apply(page(vec![put("a", "1")], true, true));
        assert_eq!(take(&mut state, ME), view("a", "a", true));
        state.lose_touch(Error::cut("gone"));
        let offline = state.take::<Object>(ME);
        assert!(offline.is_some_and(|view| !view.live && view.error.is_some() && view.changes.is_empty()));
        state.apply(page(vec![], false, true));
        assert_eq!(take(&mut state, ME), view("a", "", true));
    }

    #[test]
    fn readers_of_one_view_step_apart() {
        let mut state = state();
        state.apply(page(vec![put("a", "1")], true, true));
        take(&mut state, ME);
        state.apply(page(vec![put("b", "1")], false, true));
        state.add_reader(OTHER, Entry::Now);
        assert_eq!(take(&mut state, OTHER), view("a b", "a b", true));
        assert_eq!(take(&mut state, ME), view("a b", "b", true));
        assert!(!state.remove_reader(ME));
        assert!(state.remove_reader(OTHER));
    }

    #[test]
    fn who_quotes_newer_writes_waits_for_the_stream_that_was_asked_for_them() {
        let mut state = state();
        state.apply(page(vec![put("a", "1")], true, true));
        state.add_reader(OTHER, Entry::NextStream);
        state.apply(page(vec![put("b", "1")], false, true));
        assert_eq!(take(&mut state, OTHER), None);
        state.stream_opened();
        assert_eq!(take(&mut state, OTHER), None);
        state.apply(page(vec![put("c", "1")], false, true));
        assert_eq!(take(&mut state, OTHER), view("a b c", "a b c", true));
    }

    #[test]
    fn a_view_that_a_reader_holds_stays_as_it_was() {
        let mut state = state();
        state.apply(page(vec![put("a", "1")], true, true));
        let held = state.take::<Object>(ME);
        state.apply(page(vec![removed("a")], false, true));
        assert_eq!(held.map(|view| view.documents.len()), Some(1));
        assert_eq!(take(&mut state, ME), view("", "-a", true));
    }
}
