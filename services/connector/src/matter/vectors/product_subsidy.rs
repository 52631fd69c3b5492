//! The subsidy for products: coupons, quotas, reductions.

use onething_proto::commerce::{
    CheckApplianceQuotaRequest, IssueCouponRequest, IssueCouponResponse, RedeemCouponRequest,
    RedeemCouponResponse,
};

use super::*;

const IN_2025: &str = "2025-06-01";
const IN_2026: &str = "2026-06-01";

async fn with_budgets() -> Vec<Office> {
    let offices = Office::on_each_database().await;
    for office in &offices {
        for year in ["2025", "2026"] {
            let budget = json!({ "total_fen": 100_000_000, "reserved_fen": 0 });
            let key = format!("product/{year}");
            office.put("CO", "budget", &key, budget).await;
        }
    }
    offices
}

async fn coupon(
    office: &Office,
    kind: &str,
    on: &str,
) -> Result<Done<IssueCouponResponse>, String> {
    let request = IssueCouponRequest {
        applicant_id_number: PERSON.to_owned(),
        kind: kind.to_owned(),
        region: "150302".to_owned(),
    };
    office.call("CO", "IssueCoupon", day(on), &request).await
}

async fn redeem(
    office: &Office,
    coupon_number: &str,
    (kind, grade, price_fen): (&str, i64, i64),
    serial_number: &str,
    on: &str,
) -> Result<Done<RedeemCouponResponse>, String> {
    let request = RedeemCouponRequest {
        applicant_id_number: PERSON.to_owned(),
        coupon_number: coupon_number.to_owned(),
        merchant_credit_code: MERCHANT.to_owned(),
        product_kind: kind.to_owned(),
        grade,
        serial_number: serial_number.to_owned(),
        price_fen,
    };
    office.call("CO", "RedeemCoupon", day(on), &request).await
}

/// The subsidy in fen for a product on a day, or the reason for none.
async fn subsidy(office: &Office, product: (&str, i64, i64), on: &str) -> Result<i64, String> {
    let coupon = coupon(office, product.0, on).await?;
    let number = coupon.answer.coupon_number.clone();
    let redeemed = redeem(office, &number, product, "SN1", on).await;
    let got = match redeemed {
        Ok(done) => {
            office.undo("CO", "RedeemCoupon", done.record).await;
            Ok(done.answer.subsidy_fen)
        }
        Err(reason) => Err(reason),
    };
    office.undo("CO", "IssueCoupon", coupon.record).await;
    got
}

#[tokio::test]
async fn subsidies_of_2025_and_2026() {
    for office in with_budgets().await {
        for (product, on, expected) in [
            (("phone", 0, 200_000), IN_2025, Ok(30_000)),
            (("phone", 0, 400_000), IN_2025, Ok(50_000)),
            (("phone", 0, 600_000), IN_2025, Ok(50_000)),
            (("phone", 0, 600_001), IN_2025, Err("PRICE_TOO_HIGH")),
            (("tv", 1, 1_200_000), IN_2025, Ok(200_000)),
            (("tv", 1, 500_000), IN_2025, Ok(100_000)),
            (("tv", 2, 500_000), IN_2025, Ok(75_000)),
            (("tv", 3, 500_000), IN_2025, Err("GRADE_TOO_LOW")),
            (("microwave", 2, 59_900), IN_2025, Ok(8_985)),
            (("glasses", 0, 199_900), IN_2025, Err("KIND_NOT_COVERED")),
            (("tv", 1, 1_200_000), IN_2026, Ok(150_000)),
            (("tv", 1, 499_900), IN_2026, Ok(74_985)),
            (("tv", 2, 500_000), IN_2026, Err("GRADE_TOO_LOW")),
            (("microwave", 1, 59_900), IN_2026, Err("KIND_NOT_COVERED")),
            (("glasses", 0, 200_000), IN_2026, Ok(30_000)),
            (("phone", 0, 600_000), IN_2026, Ok(50_000)),
        ] {
            let got = subsidy(&office, product, on).await;
            assert_eq!(got, expected.map_err(str::to_owned), "{product:?} {on}");
        }
        for year in ["2025", "2026"] {
            let budget = office
                .body("CO", "budget", &format!("product/{year}"))
                .await;
            assert_eq!(budget["reserved_fen"], json!(0));
        }
    }
}

#[tokio::test]
async fn quotas_of_each_kind_and_year() {
    for office in with_budgets().await {
        let used = |kind: &'static str, on: &'static str| {
            let office = &office;
            async move {
                let coupon = coupon(office, kind, on).await?;
                let number = coupon.answer.coupon_number;
                redeem(office, &number, (kind, 1, 300_000), &number, on).await
            }
        };
        let quota = "QUOTA_USED";
        assert!(used("fridge", IN_2025).await.is_ok());
        assert_eq!(used("fridge", IN_2025).await.err().unwrap(), quota);
        // Three air conditioners in 2025, one in 2026; 2025 does not count for 2026.
        for _ in 0..3 {
            assert!(used("air_conditioner", IN_2025).await.is_ok());
        }
        assert_eq!(used("air_conditioner", IN_2025).await.err().unwrap(), quota);
        assert!(used("fridge", IN_2026).await.is_ok());
        let one = used("air_conditioner", IN_2026).await.unwrap();
        assert_eq!(used("air_conditioner", IN_2026).await.err().unwrap(), quota);
        // Goods that go back free the quota.
        office.undo("CO", "RedeemCoupon", one.record).await;
        assert!(
            coupon(&office, "air_conditioner", "2026-06-02")
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn a_coupon_is_good_on_its_day_for_its_kind_and_a_piece_once() {
    for office in with_budgets().await {
        let tv = coupon(&office, "tv", IN_2026)
            .await
            .unwrap()
            .answer
            .coupon_number;
        let product = ("tv", 1, 300_000);
        let at = |product: (&'static str, i64, i64), serial: &'static str, on: &'static str| {
            redeem(&office, &tv, product, serial, on)
        };
        let late = at(product, "SN1", "2026-06-02").await;
        assert_eq!(late.err().unwrap(), "COUPON_EXPIRED");
        let other = at(("fridge", 1, 300_000), "SN1", IN_2026).await;
        assert_eq!(other.err().unwrap(), "KIND_MISMATCH");
        assert_eq!(
            coupon(&office, "tv", IN_2026).await.err().unwrap(),
            "QUOTA_USED"
        );
        // On the next day the coupon holds no quota any more.
        assert!(coupon(&office, "tv", "2026-06-02").await.is_ok());
        assert!(at(product, "SN1", IN_2026).await.is_ok());
        assert_eq!(
            at(product, "SN2", IN_2026).await.err().unwrap(),
            "COUPON_NOT_FOUND"
        );
        let washer = coupon(&office, "washer", IN_2026).await.unwrap().answer;
        let number = washer.coupon_number;
        let same = redeem(&office, &number, ("washer", 1, 1), "SN1", IN_2026).await;
        assert_eq!(same.err().unwrap(), "SERIAL_ALREADY_SUBSIDISED");
    }
}

#[tokio::test]
async fn the_quota_can_be_asked_before_a_coupon_is_issued() {
    for office in with_budgets().await {
        let ask = |region: &str, kind: &str| {
            let request = CheckApplianceQuotaRequest {
                applicant_id_number: PERSON.to_owned(),
                kind: kind.to_owned(),
                region: region.to_owned(),
            };
            let matter = office.matter("CO", "CheckApplianceQuota").0;
            let db = office.database.db.clone();
            async move {
                let message = Bytes::from(request.encode_to_vec());
                match matter.ask(&db, message, noon(day(IN_2026))).await {
                    Ok(_) => "OK".to_owned(),
                    Err(Stop::Refuse(refusal)) => refusal.reason,
                    Err(other) => panic!("{other:?}"),
                }
            }
        };
        assert_eq!(ask("150302", "tv").await, "OK");
        assert_eq!(ask("150302", "hood").await, "KIND_NOT_COVERED");
        coupon(&office, "tv", IN_2026).await.unwrap();
        assert_eq!(ask("150302", "tv").await, "QUOTA_USED");
    }
}
