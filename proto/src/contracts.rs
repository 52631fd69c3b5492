//! The contracts as data: finds methods by name and reads their annotations at run time. It knows
//! nothing of bundles.

use std::sync::LazyLock;

use prost_reflect::{
    DescriptorError, DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor,
    MethodDescriptor, ReflectMessage, ServiceDescriptor, Value,
};

use crate::annotations::{Action, Department, Element, Share};

/// A pool of descriptors in which the custom options can be read.
#[derive(Debug, Clone)]
pub struct Contracts {
    pool: DescriptorPool,
    action: ExtensionDescriptor,
    share: ExtensionDescriptor,
    element: ExtensionDescriptor,
    department: ExtensionDescriptor,
}

static STANDARD: LazyLock<Contracts> =
    LazyLock::new(|| match Contracts::decode(crate::DESCRIPTOR_SET) {
        Ok(contracts) => contracts,
        // The set is compiled into this very crate by its build script.
        Err(error) => unreachable!("the embedded descriptor set does not load: {error}"),
    });

impl Contracts {
    /// The contracts that this build was made with.
    pub fn standard() -> &'static Self {
        &STANDARD
    }

    /// Reads an encoded `FileDescriptorSet` that contains `onething.annotations.v1`.
    ///
    /// # Errors
    /// When the set is not well formed. A set without the annotations is refused as well.
    pub fn decode(set: &[u8]) -> Result<Self, DescriptorError> {
        // Resolved against a pool that certainly has the annotations: a set that lacks them
        // simply has no annotated method.
        let mut pool = DescriptorPool::new();
        pool.decode_file_descriptor_set(set)?;
        if pool
            .get_extension_by_name("onething.annotations.v1.action")
            .is_none()
        {
            pool.decode_file_descriptor_set(crate::DESCRIPTOR_SET)?;
        }
        Ok(Self::over(pool))
    }

    /// These contracts and one more file: an encoded `FileDescriptorProto`, whose imports are known.
    ///
    /// # Errors
    /// When the file is not well formed, or has a name that is taken.
    pub fn with_file(&self, file: &[u8]) -> Result<Self, DescriptorError> {
        let mut pool = self.pool.clone();
        pool.decode_file_descriptor_proto(file)?;
        Ok(Self::over(pool))
    }

    /// A pool that has the annotations.
    fn over(pool: DescriptorPool) -> Self {
        let extension = |name: &str| {
            pool.get_extension_by_name(name)
                .unwrap_or_else(|| unreachable!("{name} is part of every set that decodes"))
        };
        Self {
            action: extension("onething.annotations.v1.action"),
            share: extension("onething.annotations.v1.share"),
            element: extension("onething.annotations.v1.element"),
            department: extension("onething.annotations.v1.department"),
            pool,
        }
    }

    /// The descriptors as an encoded `FileDescriptorSet`, custom options included.
    pub fn encode(&self) -> Vec<u8> {
        self.pool.encode_to_vec()
    }

    /// The descriptors.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Finds a method by its full name, `package.Service/Method`.
    pub fn method(&self, name: &str) -> Option<MethodDescriptor> {
        let (service, method) = name.split_once('/')?;
        self.pool
            .get_service_by_name(service)?
            .methods()
            .find(|m| m.name() == method)
    }

    /// Every method that a saga can call, in the order of the files.
    pub fn actions(&self) -> impl Iterator<Item = (MethodDescriptor, Action)> + '_ {
        self.pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .filter_map(|method| self.action(&method).map(|action| (method, action)))
    }

    /// What a saga may do with a method; `None` for a plain one.
    pub fn action(&self, method: &MethodDescriptor) -> Option<Action> {
        read(&method.options(), &self.action)
    }

    /// The shared data item that a method is; `None` for one that is none.
    pub fn share(&self, method: &MethodDescriptor) -> Option<Share> {
        read(&method.options(), &self.share)
    }

    /// The data element that a field carries, if any.
    pub fn element(&self, field: &FieldDescriptor) -> Option<Element> {
        read(&field.options(), &self.element)
    }

    /// Who answers for a service, if stated.
    pub fn department(&self, service: &ServiceDescriptor) -> Option<Department> {
        read(&service.options(), &self.department)
    }
}

/// A method's full name, `package.Service/Method`: what bundles write and ledgers record.
pub fn method_path(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

fn read<T: prost::Message + Default>(
    options: &DynamicMessage,
    extension: &ExtensionDescriptor,
) -> Option<T> {
    if options.descriptor() != extension.containing_message() || !options.has_extension(extension) {
        return None;
    }
    match options.get_extension(extension).as_ref() {
        Value::Message(message) => message.transcode_to().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotations::ActionKind;

    #[test]
    fn reads_an_action_with_its_reasons() {
        let contracts = Contracts::standard();
        let method = contracts
            .method("onething.health.v1.HealthService/IssueBirthCertificate")
            .expect("the method exists");
        let action = contracts.action(&method).expect("it is an action");
        assert_eq!(action.kind(), ActionKind::Pivot);
        assert!(
            action
                .refusal_reasons
                .contains(&"ALREADY_CERTIFIED".to_owned())
        );
        assert_eq!(
            method_path(&method),
            "onething.health.v1.HealthService/IssueBirthCertificate"
        );
    }

    #[test]
    fn reads_a_share_a_department_and_an_element() {
        let contracts = Contracts::standard();
        let method = contracts.method("onething.civil_affairs.v1.CivilAffairsService/GetMarriage");
        let method = method.expect("the method exists");
        assert_eq!(contracts.share(&method).expect("a share").id, "D37");
        let department = contracts
            .department(method.parent_service())
            .expect("stated");
        assert_eq!(
            (department.code.as_str(), department.served_by.as_str()),
            ("CA", "civil-affairs")
        );
        let field = method
            .input()
            .get_field_by_name("id_number")
            .expect("the field exists");
        let element = contracts.element(&field).expect("it carries an element");
        assert_eq!(
            (element.role.as_str(), element.element.as_str()),
            ("person", "person.id_number")
        );
    }

    #[test]
    fn a_plain_method_is_no_action_and_unknown_names_are_none() {
        let contracts = Contracts::standard();
        let plain = "onething.enterprise_registry.v1.EnterpriseRegistryService/GetEnterprise";
        assert!(
            contracts
                .action(&contracts.method(plain).expect("it exists"))
                .is_none()
        );
        assert!(
            contracts
                .method("onething.health.v1.HealthService/Nothing")
                .is_none()
        );
        assert!(contracts.method("no slash").is_none());
    }

    #[test]
    fn every_action_states_its_kind_title_and_department_and_forward_ones_cannot_refuse() {
        let contracts = Contracts::standard();
        let mut seen = 0;
        for (method, action) in contracts.actions() {
            seen += 1;
            let name = method_path(&method);
            assert_ne!(action.kind(), ActionKind::Unspecified, "{name}");
            let title = action
                .title
                .as_ref()
                .unwrap_or_else(|| panic!("{name} has no title"));
            assert!(
                !title.zh.is_empty() && !title.mn.is_empty() && !title.en.is_empty(),
                "{name}"
            );
            assert!(
                contracts.department(method.parent_service()).is_some(),
                "{name}"
            );
            assert!(action.max_duration.is_some_and(|d| d.seconds > 0), "{name}");
            if action.kind() == ActionKind::Forward {
                assert!(
                    action.refusal_reasons.is_empty(),
                    "{name} is forward and may not refuse"
                );
            }
            for field in method.input().fields() {
                assert!(
                    contracts.element(&field).is_some(),
                    "{name}: {} carries no element",
                    field.name()
                );
            }
        }
        assert!(seen >= 25, "only {seen} actions");
    }
}
