//! Education: school areas.
