//! The mistakes a bundle can have, each with a stable code.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal),+ $(,)?) => {
        /// A kind of mistake. The codes are stable: pages and editors refer to them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name),+
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, for example `B012`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code),+
                }
            }
        }
    };
}

codes! {
    /// The file cannot be read.
    Unreadable = "B000",
    /// Not TOML.
    Syntax = "B001",
    /// A key that the language does not have.
    UnknownKey = "B002",
    /// A key that is missing.
    MissingKey = "B003",
    /// A value of the wrong type, or none of those allowed.
    WrongValue = "B004",
    /// An id that is not in lower case with dashes (steps, segments) or underscores (roles).
    BadId = "B005",
    /// An id that stands twice.
    DuplicateId = "B006",
    /// A department that no contract knows.
    UnknownDepartment = "B007",
    /// A call that no contract declares.
    UnknownCall = "B008",
    /// A call that cannot be a step.
    NotAnAction = "B009",
    /// A role that the call does not speak of.
    RoleNotInCall = "B010",
    /// A role that the bundle does not declare.
    UnknownRole = "B011",
    /// A role that is of another kind than the call's.
    RoleKind = "B012",
    /// A role that no step uses.
    UnusedRole = "B013",
    /// A field that the message does not have.
    UnknownField = "B014",
    /// A value or field of another type than the field that it is for.
    FieldType = "B015",
    /// A step that the bundle does not have.
    UnknownStep = "B016",
    /// A segment that the bundle does not declare.
    UnknownSegment = "B017",
    /// Steps that wait for each other.
    Cycle = "B018",
    /// Segments that wait for each other.
    SegmentCycle = "B019",
    /// A condition that is not in the language of conditions.
    ConditionSyntax = "B020",
    /// A condition that names a role or an attribute that is not there.
    ConditionReference = "B021",
    /// A condition that is not true or false.
    ConditionType = "B022",
    /// An input that nothing can fill.
    NoSource = "B023",
    /// An input that several steps could fill.
    AmbiguousSource = "B024",
    /// Two elements that would be one field of the form.
    AttributeClash = "B025",
    /// Two pivots in a segment.
    TwoPivots = "B026",
    /// A step that runs beside the pivot of its segment.
    BesidePivot = "B027",
    /// A step that can fail after the pivot of its segment.
    FailsAfterPivot = "B028",
    /// A forward step before any legal effect.
    ForwardBeforePivot = "B029",
    /// A pivot that is optional.
    OptionalPivot = "B030",
    /// A segment without steps.
    EmptySegment = "B031",
    /// A segment that can fail after another took effect, without a declared partial outcome.
    MissingPartial = "B032",
    /// A partial outcome that no case can reach.
    UnreachablePartial = "B033",
    /// A result without a title.
    UntitledResult = "B034",
    /// A sample that fills in what the form does not ask.
    SampleUnknown = "B035",
    /// A sample that leaves out what the form asks.
    SampleMissing = "B036",
    /// A sample with a value that its element refuses.
    SampleInvalid = "B037",
    /// Two bundles with one id.
    DuplicateBundle = "B038",
    /// A duration that is none.
    BadDuration = "B039",
    /// A step that both calls and waits.
    CallsAndAwaits = "B040",
    /// Something that only a step with a call can have, on a step that waits.
    NotForWaits = "B041",
    /// Someone who acts from outside and is not known.
    UnknownActor = "B042",
    /// A statutory time that no decision can end as it says.
    ImpossibleExpiry = "B043",
    /// An answer that does not grow old, because it is no query's.
    OnlyQueriesAge = "B044",
    /// A list that a step cannot be repeated for.
    NotAList = "B045",
    /// A pivot that is repeated for each item of a list.
    RepeatedPivot = "B046",
    /// An item's field, in a step that is not repeated.
    NoItem = "B047",
    /// Something taken from a repeated step, or from one that waits, which have no single answer.
    NoSingleAnswer = "B048",
    /// A material that nobody gave a title.
    UntitledMaterial = "B049",
    /// A shared item that gives what is asked, of which it is not clear whom it is about.
    AmbiguousItem = "B050",
    /// A value that the bundle does not declare.
    UnknownValue = "B051",
    /// A value that nothing uses.
    UnusedValue = "B052",
    /// Something that no region can change.
    NotForRegions = "B053",
    /// A region that is none.
    UnknownRegion = "B054",
    /// Two overlays of one region in the same time.
    DuplicateRegion = "B055",
    /// A material that no step requires.
    UnusedMaterial = "B056",
    /// A step in person that only reads.
    NobodyAppears = "B057",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
