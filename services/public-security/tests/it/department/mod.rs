//! The real service on a free port, once on each database, with clients, the population that it was
//! given and a handle to its database.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan, civil::Date};
use onething_calendar::local_date;
use onething_db::{
    Args, Sql, args,
    testing::{TestDb, databases},
};
use onething_participant::{Refusal, metadata};
use onething_population::{Household, Population};
use onething_proto::{
    participant::{
        GetOutcomeRequest, Outcome, StepKey, UndoOutcome, UndoRequest,
        participant_service_client::ParticipantServiceClient,
    },
    public_security::{
        GetResidentRequest, RefileSealRequest, RegisterBirthRequest, RegisterBirthResponse,
        Resident, public_security_service_client::PublicSecurityServiceClient,
    },
};
use onething_public_security::PublicSecurity;
use onething_runtime::{MemoryDiscovery, Running, boot, configure};
use tonic::{Code, Request, Status, transport::Channel};

const PERSONS: u32 = 200;

/// The service and its clients.
pub(crate) struct Department {
    running: Running,
    database: TestDb,
    pub(crate) public_security: PublicSecurityServiceClient<Channel>,
    pub(crate) participant: ParticipantServiceClient<Channel>,
    pub(crate) population: Population,
    /// For clients of the other services.
    pub(crate) channel: Channel,
}

impl Department {
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut departments = Vec::new();
        for database in databases(&[]).await {
            departments.push(Self::start(database, 1, "[]").await);
        }
        departments
    }

    /// The same service after a restart, with another seed and other suspensions.
    pub(crate) async fn restarted(self, seed: u64, suspensions: &str) -> Self {
        self.running.stop().await;
        Self::start(self.database, seed, suspensions).await
    }

    async fn start(database: TestDb, seed: u64, suspensions: &str) -> Self {
        let variables = [
            ("ONETHING__SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("ONETHING__DATABASE__URL", database.url.clone()),
            ("ONETHING__POPULATION__PERSONS", PERSONS.to_string()),
            ("ONETHING__POPULATION__SEED", seed.to_string()),
            ("ONETHING__SUSPENSIONS", suspensions.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let (common, settings) = configure::<PublicSecurity>(None, variables).unwrap();
        let running = boot::<PublicSecurity>(common, settings, Arc::new(MemoryDiscovery::new()))
            .await
            .unwrap();
        let channel = Channel::from_shared(format!("http://{}", running.addr()))
            .unwrap()
            .connect()
            .await
            .unwrap();
        Self {
            running,
            database,
            public_security: PublicSecurityServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel.clone()),
            channel,
            population: Population::generate(PERSONS.into(), seed, today()),
        }
    }

    pub(crate) async fn register(
        &mut self,
        request: RegisterBirthRequest,
        saga: &str,
    ) -> Result<RegisterBirthResponse, Status> {
        let request = as_step(request, saga);
        Ok(self
            .public_security
            .register_birth(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn refile(
        &mut self,
        credit_code: &str,
        registrar: &str,
        saga: &str,
    ) -> Result<String, Status> {
        let request = RefileSealRequest {
            credit_code: credit_code.to_owned(),
            registrar: registrar.to_owned(),
            registration_serial: None,
        };
        let request = as_step(request, saga);
        let answer = self.public_security.refile_seal(request).await?;
        Ok(answer.into_inner().filing_number)
    }

    pub(crate) async fn replace(
        &mut self,
        credit_code: &str,
        credit_code_after: &str,
        name: &str,
        saga: &str,
    ) -> Result<String, Status> {
        let request = onething_proto::public_security::ReplaceSealRequest {
            credit_code: credit_code.to_owned(),
            credit_code_after: credit_code_after.to_owned(),
            name: name.to_owned(),
            registration_serial: None,
        };
        let request = as_step(request, saga);
        let answer = self.public_security.replace_seal(request).await?;
        Ok(answer.into_inner().filing_number)
    }

    pub(crate) async fn resident(&mut self, id_number: &str) -> Result<Resident, Status> {
        let id_number = id_number.to_owned();
        let answer = self
            .public_security
            .get_resident(GetResidentRequest { id_number })
            .await?;
        Ok(answer.into_inner().resident.unwrap())
    }

    pub(crate) async fn undo(&mut self, saga: &str) -> UndoOutcome {
        let request = UndoRequest {
            key: Some(key(saga)),
            epoch: 1,
        };
        self.participant
            .undo(request)
            .await
            .unwrap()
            .into_inner()
            .outcome()
    }

    pub(crate) async fn outcome(&mut self, saga: &str) -> Outcome {
        let request = GetOutcomeRequest {
            key: Some(key(saga)),
            epoch: 1,
        };
        let answer = self.participant.get_outcome(request).await.unwrap();
        answer.into_inner().outcome()
    }

    /// Changes rows behind the service's back.
    pub(crate) async fn write(&self, sql: Sql, args: Args) {
        let mut tx = self.database.db.begin().await.unwrap();
        assert!(tx.execute(sql, args).await.unwrap() > 0);
        tx.commit().await.unwrap();
    }

    pub(crate) async fn count(&self, sql: Sql, args: Args) -> i64 {
        let (count,): (i64,) = self.database.db.fetch_one(sql, args).await.unwrap();
        count
    }

    pub(crate) async fn texts(&self, sql: Sql, args: Args) -> Vec<String> {
        let rows: Vec<(String,)> = self.database.db.fetch_all(sql, args).await.unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// Enters a household with a mother alone, and gives its number and hers.
    pub(crate) async fn add_household(&self, index: u16, division: &str) -> (String, String) {
        const MOTHER: Sql = Sql::both(
            "INSERT INTO resident (id_number, name, sex, birth_date, ethnicity, state) \
             VALUES ($1, '王芳', '2', '1996-05-01', '01', 'registered')",
        );
        const HOUSEHOLD: Sql = Sql::both(
            "INSERT INTO household (id, region, number_division, address, head_id_number) \
             VALUES ($1, '150302', $2, '内蒙古自治区乌海市海勃湾区', $3)",
        );
        const MEMBER: Sql = Sql::both(
            "INSERT INTO household_member (id_number, household_id, relation, joined_at) \
             VALUES ($1, $2, 'head', 0)",
        );
        let born_on = Date::constant(1996, 5, 1);
        let mother =
            onething_elements::ResidentNumber::compose("159998", born_on, index * 2).unwrap();
        let (mother, household) = (mother.to_string(), format!("HK150302-9{index:06}"));
        self.write(MOTHER, args![&mother]).await;
        self.write(HOUSEHOLD, args![&household, division, &mother])
            .await;
        self.write(MEMBER, args![&mother, &household]).await;
        (household, mother)
    }

    /// A Han couple's household: head and spouse.
    pub(crate) fn han_couple(&self) -> Household {
        let found = self.population.households.iter().find(|household| {
            let head = self.population.person(&household.head_id_number).unwrap();
            head.ethnicity == "01" && household.members.len() == 2
        });
        found.unwrap().clone()
    }

    /// A son of a household's couple, with his father's surname.
    pub(crate) fn son(&self, household: &Household, certificate: &str) -> RegisterBirthRequest {
        let father = self.population.person(&household.head_id_number).unwrap();
        let surname: String = father.name.chars().take(1).collect();
        RegisterBirthRequest {
            birth_certificate_number: certificate.to_owned(),
            child_name: format!("{surname}晨"),
            child_sex: "1".to_owned(),
            born_on: born_on().to_string(),
            mother_id_number: household.members[1].id_number.clone(),
            father_id_number: father.id_number.clone(),
            household_id: household.id.clone(),
        }
    }
}

pub(crate) fn today() -> Date {
    local_date(Timestamp::now())
}

/// The day of birth of every child in these tests.
pub(crate) fn born_on() -> Date {
    today().saturating_sub(5.days())
}

/// A daughter of a mother alone.
pub(crate) fn daughter(household: &str, mother: &str, certificate: &str) -> RegisterBirthRequest {
    RegisterBirthRequest {
        birth_certificate_number: certificate.to_owned(),
        child_name: "王晨".to_owned(),
        child_sex: "2".to_owned(),
        born_on: born_on().to_string(),
        mother_id_number: mother.to_owned(),
        father_id_number: String::new(),
        household_id: household.to_owned(),
    }
}

pub(crate) fn key(saga: &str) -> StepKey {
    StepKey {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: "step".to_owned(),
        item: String::new(),
        round: 1,
    }
}

/// A call as a saga's step makes it.
pub(crate) fn as_step<T>(message: T, saga: &str) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in [
        (metadata::COORDINATOR, "gateway"),
        (metadata::SAGA, saga),
        (metadata::STEP, "step"),
        (metadata::ROUND, "1"),
        (metadata::EPOCH, "1"),
    ] {
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    request
}

/// What a refusal says: its code, its reason and the field it is about.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String, String) {
    let status = answer.unwrap_err();
    let refusal = Refusal::from_status(&status).unwrap();
    (status.code(), refusal.reason, refusal.field)
}

pub(crate) fn refused(code: Code, reason: &str, field: &str) -> (Code, String, String) {
    (code, reason.to_owned(), field.to_owned())
}
