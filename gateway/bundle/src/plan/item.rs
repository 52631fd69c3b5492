//! Shared data items (数据共享项) as the contracts offer them, and the ways to call one for the roles
//! of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use onething_proto::annotations::{ActionKind, Share};
use onething_proto::{Contracts, method_path};
use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// What a value is: an element of a role.
pub(crate) type Fact = (String, String);

/// A call that only reads, needs nothing but elements, and proves some.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) share: Share,
    pub(crate) path: String,
    /// The fields of the request that carry an element.
    pub(crate) keys: Vec<Carrier>,
    /// The fields of the answer whose element the item proves.
    pub(crate) gives: Vec<Carrier>,
}

/// A field that carries an element of one of the call's roles.
#[derive(Debug, Clone)]
pub(crate) struct Carrier {
    pub(crate) field: FieldDescriptor,
    pub(crate) role: String,
    pub(crate) element: String,
}

impl Carrier {
    fn kind(&self) -> &str {
        self.element.split('.').next().unwrap_or_default()
    }

    pub(crate) fn required(&self) -> bool {
        !self.field.supports_presence()
    }
}

/// Every item, in the order of their numbers and paths, which no order of files changes.
pub(crate) fn items(contracts: &Contracts) -> Vec<Item> {
    let mut items: Vec<Item> = contracts
        .actions()
        .filter(|(_, action)| action.kind() == ActionKind::Query && !action.decides_later)
        .filter_map(|(method, _)| {
            let share = contracts.share(&method)?;
            contracts.department(method.parent_service())?;
            let keys = carriers(contracts, &method.input());
            // A request with a part that means nothing to the planner is not its to fill in.
            let filled = method.input().fields().all(|field| {
                field.supports_presence() || keys.iter().any(|key| key.field == field)
            });
            let mut gives = carriers(contracts, &method.output());
            gives.retain(|given| share.proves.contains(&given.element));
            let path = method_path(&method);
            (filled && !keys.is_empty()).then_some(Item {
                share,
                path,
                keys,
                gives,
            })
        })
        .collect();
    items.sort_by(|a, b| (&a.share.id, &a.path).cmp(&(&b.share.id, &b.path)));
    items
}

fn carriers(contracts: &Contracts, message: &MessageDescriptor) -> Vec<Carrier> {
    let fields = message.fields().filter(|f| !f.is_list() && !f.is_map());
    fields
        .filter_map(|field| {
            let element = contracts.element(&field)?;
            Some(Carrier {
                field,
                role: element.role,
                element: element.element,
            })
        })
        .collect()
}

/// A call of an item for certain roles of a bundle.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'i> {
    pub(crate) item: &'i Item,
    /// The call's roles → the bundle's. Roles that the bundle has no counterpart of are left out.
    pub(crate) roles: BTreeMap<String, String>,
    /// Whether the roles that it relates are surely those that the bundle means.
    pub(crate) certain: bool,
}

impl Candidate<'_> {
    /// What a field of the request or the answer is in the bundle.
    pub(crate) fn fact(&self, carrier: &Carrier) -> Option<Fact> {
        let role = self.roles.get(&carrier.role)?;
        Some((role.clone(), carrier.element.clone()))
    }

    /// The field of the answer that gives a fact.
    pub(crate) fn gives(&self, fact: &Fact) -> Option<&FieldDescriptor> {
        let mut gives = self.item.gives.iter();
        gives
            .find(|given| self.fact(given).as_ref() == Some(fact))
            .map(|given| &given.field)
    }

    /// Its id as a step: the item's number and its method, and the roles whose names differ.
    pub(crate) fn id(&self) -> String {
        let method = self.item.path.rsplit('/').next().unwrap_or_default();
        let mut id = self.item.share.id.to_lowercase();
        for (at, c) in method.char_indices() {
            if c.is_ascii_uppercase() || at == 0 {
                id.push('-');
            }
            id.push(c.to_ascii_lowercase());
        }
        let keys: BTreeSet<&str> = self.item.keys.iter().map(|k| k.role.as_str()).collect();
        for (role, to) in &self.roles {
            if keys.contains(role.as_str()) && role != to {
                id.push('-');
                id.push_str(&to.replace('_', "-"));
            }
        }
        id
    }
}

/// Every way to call an item for the roles of a bundle, given as id and kind.
///
/// An item that is about one role can be called for any role of the kind, and then tells about that
/// role. What it tells about *other* roles holds only where it is clear whose they are: when the
/// bundle calls the role as the item does, or has one role of the kind. An item that is about several
/// roles at once relates them, so the bundle must call them as the item does.
pub(crate) fn candidates<'i>(item: &'i Item, roles: &[(String, String)]) -> Vec<Candidate<'i>> {
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for carrier in item.keys.iter().chain(&item.gives) {
        let kinds = kinds.entry(&carrier.role).or_default();
        kinds.insert(carrier.kind());
    }
    let of_kind = |role: &str| -> Vec<&str> {
        let fits = roles.iter().filter(|(_, kind)| {
            let kinds = kinds.get(role);
            kinds.is_some_and(|kinds| kinds.contains(kind.as_str()))
        });
        fits.map(|(id, _)| id.as_str()).collect()
    };
    let named = |role: &str| of_kind(role).contains(&role);
    let about: BTreeSet<&str> = item.keys.iter().map(|key| key.role.as_str()).collect();
    let others = || {
        let others = kinds.keys().filter(|role| !about.contains(*role));
        others.filter(|role| named(role))
    };
    let mut found = Vec::new();
    if let (1, Some(role)) = (about.len(), about.first()) {
        let fitting = of_kind(role);
        for to in &fitting {
            let certain = to == role || fitting.len() == 1;
            let own = BTreeMap::from([((*role).to_owned(), (*to).to_owned())]);
            let mut related = own.clone();
            related.extend(
                others()
                    .filter(|other| other != &to)
                    .map(|other| ((*other).to_owned(), (*other).to_owned())),
            );
            found.push(Candidate {
                item,
                roles: if certain { related.clone() } else { own },
                certain: true,
            });
            // A role that is called as the item calls it settles whom the rest is about.
            if !certain && !named(role) && related.len() > 1 {
                found.push(Candidate {
                    item,
                    roles: related,
                    certain: false,
                });
            }
        }
    } else if about.iter().all(|role| named(role)) {
        let all = about.iter().chain(others());
        found.push(Candidate {
            item,
            roles: all.map(|r| ((*r).to_owned(), (*r).to_owned())).collect(),
            certain: true,
        });
    }
    found
}
