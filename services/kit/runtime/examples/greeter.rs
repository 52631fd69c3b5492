//! The smallest service: health, reflection and probes, and nothing of its own.

use std::process::ExitCode;

use onething_runtime::{Application, BootError, Context, NoSettings, Service};

struct Greeter;

#[async_trait::async_trait]
impl Service for Greeter {
    const NAME: &'static str = "greeter";
    const DEFAULTS: &'static str = "";
    type Settings = NoSettings;

    async fn build(_: Context<NoSettings>) -> Result<Application, BootError> {
        Ok(Application::new(Self::NAME))
    }
}

fn main() -> ExitCode {
    onething_runtime::run::<Greeter>()
}
