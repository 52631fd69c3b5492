//! The participant's rules, on both databases, over real gRPC.

mod calls;
mod department;
mod others;
mod undo;

use department::Department;

/// Runs one rule against a department on each database.
async fn on_both<F>(rule: impl Fn(Department) -> F)
where
    F: Future<Output = ()>,
{
    for department in Department::on_each_database(Vec::new()).await {
        rule(department).await;
    }
}
