//! What an applicant and outsiders do to a case later, over departments that answer as a test tells them.

mod acts;
mod corrections;
mod town;
mod withdrawal;
