//! A file descriptor as it is on the wire, with the project's own options: the common types for it
//! drop options that they do not know.

use onething_proto::annotations;
use prost::Message;

/// `google.protobuf.FileDescriptorProto`, as far as a declared contract has need of it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FileProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) package: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) dependency: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) message_type: Vec<MessageProto>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) service: Vec<ServiceProto>,
    #[prost(message, optional, tag = "9")]
    pub(crate) source_code_info: Option<SourceProto>,
    #[prost(string, tag = "12")]
    pub(crate) syntax: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MessageProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) field: Vec<FieldProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FieldProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(int32, tag = "3")]
    pub(crate) number: i32,
    #[prost(int32, tag = "4")]
    pub(crate) label: i32,
    #[prost(int32, tag = "5")]
    pub(crate) r#type: i32,
    #[prost(string, optional, tag = "6")]
    pub(crate) type_name: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub(crate) options: Option<FieldOptionsProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FieldOptionsProto {
    #[prost(message, optional, tag = "50103")]
    pub(crate) element: Option<annotations::Element>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServiceProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) method: Vec<MethodProto>,
    #[prost(message, optional, tag = "3")]
    pub(crate) options: Option<ServiceOptionsProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServiceOptionsProto {
    #[prost(message, optional, tag = "50104")]
    pub(crate) department: Option<annotations::Department>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MethodProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) input_type: String,
    #[prost(string, tag = "3")]
    pub(crate) output_type: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) options: Option<MethodOptionsProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MethodOptionsProto {
    #[prost(message, optional, tag = "50101")]
    pub(crate) action: Option<annotations::Action>,
    #[prost(message, optional, tag = "50102")]
    pub(crate) share: Option<annotations::Share>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SourceProto {
    #[prost(message, repeated, tag = "1")]
    pub(crate) location: Vec<LocationProto>,
}

/// A comment, and to what it belongs.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct LocationProto {
    #[prost(int32, repeated, tag = "1")]
    pub(crate) path: Vec<i32>,
    #[prost(int32, repeated, tag = "2")]
    pub(crate) span: Vec<i32>,
    #[prost(string, tag = "3")]
    pub(crate) leading_comments: String,
}
