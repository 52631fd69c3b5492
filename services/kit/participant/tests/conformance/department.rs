//! A small department on a real port: one compensable action and one pivot, each with one effect
//! row, and a switch that makes the next action fail.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use onething_db::{
    Db, Migrations, Sql, Tx, args, sqlx,
    testing::{TestDb, databases},
};
use onething_participant::{
    Action, Annulled, Call, Effect, Fault, Key, Ledger, MIGRATIONS, Recorded, Refusal, Stop,
    Suspension, metadata,
};
use onething_proto::{
    participant::{
        GetOutcomeRequest, GetOutcomeResponse, ListEffectsRequest, ListEffectsResponse,
        UndoRequest, UndoResponse, participant_service_client::ParticipantServiceClient,
    },
    public_security::{
        self, RegisterBirthRequest, RegisterBirthResponse,
        public_security_service_client::PublicSecurityServiceClient,
        public_security_service_server::{PublicSecurityService, PublicSecurityServiceServer},
    },
    social_security::{
        self, IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse,
        social_security_service_client::SocialSecurityServiceClient,
        social_security_service_server::{SocialSecurityService, SocialSecurityServiceServer},
    },
};
use tonic::{Request, Response, Status, transport::Channel};

const EFFECTS: Migrations = Migrations::new(
    "effects",
    || sqlx::migrate!("tests/migrations/sqlite"),
    || sqlx::migrate!("tests/migrations/postgres"),
);
const INSERT: Sql = Sql::both("INSERT INTO effect (number, holder, annulled) VALUES ($1, $2, $3)");
const ANNUL: Sql = Sql::each(
    "UPDATE effect SET annulled = 1 WHERE number = $1",
    "UPDATE effect SET annulled = TRUE WHERE number = $1",
);
const ALL: Sql = Sql::both("SELECT holder, annulled FROM effect ORDER BY number");

#[derive(Default)]
struct Switches {
    fail_next: AtomicBool,
    numbers: AtomicU64,
    annulments: AtomicU64,
}

impl Switches {
    async fn write(&self, tx: &mut Tx, holder: &str) -> Result<String, Stop> {
        let number = format!("{:06}", self.numbers.fetch_add(1, Ordering::SeqCst));
        tx.execute(INSERT, args![&number, holder, false]).await?;
        if self.fail_next.swap(false, Ordering::SeqCst) {
            let source = "broken on purpose".into();
            return Err(Fault::Corrupt {
                what: "a test".into(),
                source,
            }
            .into());
        }
        Ok(number)
    }
}

struct IssueCard(Arc<Switches>);

#[async_trait]
impl Action for IssueCard {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/IssueSocialSecurityCard";
    type Request = IssueSocialSecurityCardRequest;
    type Response = IssueSocialSecurityCardResponse;
    type Record = (String, String);

    async fn perform(
        &self,
        tx: &mut Tx,
        _call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let number = self.0.write(tx, &request.name).await?;
        match request.name.as_str() {
            "refuse" => Err(Refusal::new("CARD_EXISTS", "There is a card already.").into()),
            "undeclared" => Err(Refusal::new("NOBODY_SAID_SO", "").into()),
            name => Ok(Effect {
                response: Self::Response {
                    card_number: number.clone(),
                    // More than any caller reads.
                    bank: "x".repeat(if name == "huge" { 4 << 20 } else { 0 }),
                },
                record: (number, request.name),
            }),
        }
    }

    async fn annul(
        &self,
        tx: &mut Tx,
        _at: i64,
        (number, holder): Self::Record,
    ) -> Result<Annulled, Fault> {
        tx.execute(ANNUL, args![number]).await?;
        match holder.as_str() {
            "claimed" => Ok(Annulled::Impossible {
                reason: "CLAIM_PAID".into(),
                message: "A claim was paid.".into(),
            }),
            "refunding" => {
                tx.execute(Sql::both("UPDATE effect SET annulled = $1"), args![false])
                    .await?;
                Ok(Annulled::Pending)
            }
            _ => {
                self.0.annulments.fetch_add(1, Ordering::SeqCst);
                Ok(Annulled::Done)
            }
        }
    }
}

struct Register(Arc<Switches>);

#[async_trait]
impl Action for Register {
    const METHOD: &'static str = "onething.public_security.v1.PublicSecurityService/RegisterBirth";
    type Request = RegisterBirthRequest;
    type Response = RegisterBirthResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        _call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let number = self.0.write(tx, &request.child_name).await?;
        let response = Self::Response {
            id_number: number,
            ..Default::default()
        };
        Ok(Effect {
            response,
            record: (),
        })
    }
}

#[derive(Clone)]
struct Server(Ledger);

/// Serves one action of a department and answers UNIMPLEMENTED for its other calls.
macro_rules! serve {
    ($service:ident: $package:ident, $action:ident,
     $call:ident($request:ident) -> $response:ident,
     others { $($name:ident($other:ident) -> $answer:ident;)* }) => {
        #[async_trait]
        impl $service for Server {
            async fn $call(
                &self,
                request: Request<$package::$request>,
            ) -> Result<Response<$package::$response>, Status> {
                self.0.act::<$action>(request).await
            }
            $(async fn $name(
                &self,
                _: Request<$package::$other>,
            ) -> Result<Response<$package::$answer>, Status> {
                Err(Status::unimplemented("not part of this test"))
            })*
        }
    };
}

serve! {
    SocialSecurityService: social_security, IssueCard,
    issue_social_security_card(IssueSocialSecurityCardRequest) -> IssueSocialSecurityCardResponse,
    others {
        enroll_resident_medical_insurance(EnrollResidentMedicalInsuranceRequest)
            -> EnrollResidentMedicalInsuranceResponse;
        get_maternity_entitlement(GetMaternityEntitlementRequest) -> GetMaternityEntitlementResponse;
        grant_maternity_benefit(GrantMaternityBenefitRequest) -> GrantMaternityBenefitResponse;
        transfer_social_insurance_unit(TransferSocialInsuranceUnitRequest)
            -> TransferSocialInsuranceUnitResponse;
        transfer_medical_insurance_unit(TransferMedicalInsuranceUnitRequest)
            -> TransferMedicalInsuranceUnitResponse;
        update_social_insurance_unit(UpdateSocialInsuranceUnitRequest)
            -> UpdateSocialInsuranceUnitResponse;
        update_medical_insurance_unit(UpdateMedicalInsuranceUnitRequest)
            -> UpdateMedicalInsuranceUnitResponse;
        get_enrolment(GetEnrolmentRequest) -> GetEnrolmentResponse;
        get_unit(GetUnitRequest) -> GetUnitResponse;
        get_contributions(GetContributionsRequest) -> GetContributionsResponse;
        get_insured_unit(GetInsuredUnitRequest) -> GetInsuredUnitResponse;
        get_social_card(GetSocialCardRequest) -> GetSocialCardResponse;
        get_medical_insurance(GetMedicalInsuranceRequest) -> GetMedicalInsuranceResponse;
        get_medical_years(GetMedicalYearsRequest) -> GetMedicalYearsResponse;
        check_retirement(CheckRetirementRequest) -> CheckRetirementResponse;
        review_archive(ReviewArchiveRequest) -> ReviewArchiveResponse;
        publish_examination(PublishExaminationRequest) -> PublishExaminationResponse;
        approve_retirement(ApproveRetirementRequest) -> ApproveRetirementResponse;
        determine_benefit(DetermineBenefitRequest) -> DetermineBenefitResponse;
        open_pension_account(OpenPensionAccountRequest) -> OpenPensionAccountResponse;
        change_to_retired_insurance(ChangeToRetiredInsuranceRequest) -> ChangeToRetiredInsuranceResponse;
        hand_over_to_community(HandOverToCommunityRequest) -> HandOverToCommunityResponse;
        update_insured_person(UpdateInsuredPersonRequest) -> UpdateInsuredPersonResponse;
    }
}

serve! {
    PublicSecurityService: public_security, Register,
    register_birth(RegisterBirthRequest) -> RegisterBirthResponse,
    others {
        find_parent_household(FindParentHouseholdRequest) -> FindParentHouseholdResponse;
        refile_seal(RefileSealRequest) -> RefileSealResponse;
        replace_seal(ReplaceSealRequest) -> ReplaceSealResponse;
        get_resident(GetResidentRequest) -> GetResidentResponse;
        get_seal(GetSealRequest) -> GetSealResponse;
        get_seal_record(GetSealRecordRequest) -> GetSealRecordResponse;
        get_household(GetHouseholdRequest) -> GetHouseholdResponse;
        get_residence_permit(GetResidencePermitRequest) -> GetResidencePermitResponse;
        get_parents(GetParentsRequest) -> GetParentsResponse;
        check_kinship(CheckKinshipRequest) -> CheckKinshipResponse;
        update_marital_status(UpdateMaritalStatusRequest) -> UpdateMaritalStatusResponse;
        get_settlement_rule(GetSettlementRuleRequest) -> GetSettlementRuleResponse;
        check_spouse_joining(CheckSpouseJoiningRequest) -> CheckSpouseJoiningResponse;
        move_household(MoveHouseholdRequest) -> MoveHouseholdResponse;
        issue_booklet_page(IssueBookletPageRequest) -> IssueBookletPageResponse;
    }
}

/// The department and its clients. Clones share everything.
#[derive(Clone)]
pub(crate) struct Department {
    test: Arc<TestDb>,
    switches: Arc<Switches>,
    cards: SocialSecurityServiceClient<Channel>,
    births: PublicSecurityServiceClient<Channel>,
    participant: ParticipantServiceClient<Channel>,
}

impl Department {
    pub(crate) async fn on_each_database(suspensions: Vec<Suspension>) -> Vec<Self> {
        let mut departments = Vec::new();
        for test in databases(&[MIGRATIONS, EFFECTS]).await {
            departments.push(Self::serve(Arc::new(test), suspensions.clone()).await);
        }
        departments
    }

    async fn serve(test: Arc<TestDb>, suspensions: Vec<Suspension>) -> Self {
        let switches = Arc::new(Switches::default());
        let ledger = Ledger::builder(test.db.clone())
            .action(IssueCard(switches.clone()))
            .and_then(|builder| builder.action(Register(switches.clone())))
            .unwrap()
            .suspensions(suspensions)
            .build();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server(ledger.clone());
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(Recorded::new(SocialSecurityServiceServer::new(
                    server.clone(),
                )))
                .add_service(Recorded::new(PublicSecurityServiceServer::new(server)))
                .add_service(ledger.participant().server())
                .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
        );
        let channel = Channel::from_shared(format!("http://{address}"))
            .unwrap()
            .connect()
            .await
            .unwrap();
        Self {
            test,
            switches,
            cards: SocialSecurityServiceClient::new(channel.clone()),
            births: PublicSecurityServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel),
        }
    }

    /// The same department with nothing suspended, on the same database.
    pub(crate) async fn resumed(&self) -> Self {
        Self::serve(self.test.clone(), Vec::new()).await
    }

    /// A caller that reads answers of so many bytes at the most.
    pub(crate) fn reading_at_most(&self, bytes: usize) -> Self {
        Self {
            cards: self.cards.clone().max_decoding_message_size(bytes),
            ..self.clone()
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.test.db
    }

    pub(crate) fn fail_next(&self) {
        self.switches.fail_next.store(true, Ordering::SeqCst);
    }

    pub(crate) fn annulments(&self) -> u64 {
        self.switches.annulments.load(Ordering::SeqCst)
    }

    /// Every effect: whom it is for and whether it is annulled.
    pub(crate) async fn effects(&self) -> Vec<(String, bool)> {
        self.test.db.fetch_all(ALL, args![]).await.unwrap()
    }

    pub(crate) async fn issue(
        &mut self,
        message: IssueSocialSecurityCardRequest,
        key: &Key,
        epoch: u64,
    ) -> Result<IssueSocialSecurityCardResponse, Status> {
        let request = with_key(message, key, epoch);
        self.cards
            .issue_social_security_card(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn issue_as_request(
        &mut self,
        message: IssueSocialSecurityCardRequest,
        id: &str,
    ) -> Result<IssueSocialSecurityCardResponse, Status> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert(metadata::REQUEST_ID, id.parse().unwrap());
        self.cards
            .issue_social_security_card(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn issue_plain(
        &mut self,
        message: IssueSocialSecurityCardRequest,
    ) -> Result<IssueSocialSecurityCardResponse, Status> {
        self.cards
            .issue_social_security_card(message)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn register(
        &mut self,
        message: RegisterBirthRequest,
        key: &Key,
        epoch: u64,
    ) -> Result<RegisterBirthResponse, Status> {
        self.births
            .register_birth(with_key(message, key, epoch))
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn undo(&mut self, key: &Key, epoch: u64) -> Result<UndoResponse, Status> {
        let request = UndoRequest {
            key: Some(key.clone().into()),
            epoch,
        };
        self.participant
            .undo(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn outcome(
        &mut self,
        key: &Key,
        epoch: u64,
    ) -> Result<GetOutcomeResponse, Status> {
        let request = GetOutcomeRequest {
            key: Some(key.clone().into()),
            epoch,
        };
        self.participant
            .get_outcome(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn list(
        &mut self,
        request: ListEffectsRequest,
    ) -> Result<ListEffectsResponse, Status> {
        self.participant
            .list_effects(request)
            .await
            .map(Response::into_inner)
    }
}

pub(crate) fn key(saga: &str, step: &str, round: u32) -> Key {
    Key {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: step.to_owned(),
        item: String::new(),
        round,
    }
}

pub(crate) fn card(name: &str) -> IssueSocialSecurityCardRequest {
    IssueSocialSecurityCardRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn register_birth(name: &str) -> RegisterBirthRequest {
    RegisterBirthRequest {
        child_name: name.to_owned(),
        ..Default::default()
    }
}

fn with_key<T>(message: T, key: &Key, epoch: u64) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert(metadata::COORDINATOR, key.coordinator.parse().unwrap());
    metadata.insert(metadata::SAGA, key.saga.parse().unwrap());
    metadata.insert(metadata::STEP, key.step.parse().unwrap());
    if !key.item.is_empty() {
        metadata.insert(metadata::ITEM, key.item.parse().unwrap());
    }
    metadata.insert(metadata::ROUND, key.round.to_string().parse().unwrap());
    metadata.insert(metadata::EPOCH, epoch.to_string().parse().unwrap());
    request
}
