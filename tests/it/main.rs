//! Everything that needs more than one room of the house: one binary, one story a file.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed; clippy knows tests only where they are marked, not what they call"
)]

mod admit;
mod allowed_calls;
mod architecture;
mod at_home;
mod bad_toml;
mod block;
mod both;
mod built_in;
mod calls_in_the_source;
mod cli;
mod commands;
mod compute_kinds;
mod contract;
mod desk;
mod disagreements;
mod drift;
mod emulator;
mod endpoints;
mod every_command;
mod faults;
mod final_account;
mod fleet;
mod fleet_distributed;
mod fleet_faults;
mod fleet_layers;
mod fleet_organization;
mod fleet_results;
mod formats;
mod fuzz;
mod gaps;
mod gaps_page;
mod group_steps;
mod groups;
mod growing_files;
mod hand;
mod identities;
mod keys_that_do_not_rotate;
mod language;
mod large_files;
mod least_privilege;
mod lifecycle;
mod live_network;
mod lock;
mod lockout;
mod members;
mod mistaken_files;
mod moto;
mod moved;
mod neighbours;
mod network_change;
mod network_proof;
mod new_access;
mod nothing_else;
mod old_buckets;
mod organization_trail;
mod own_files;
mod own_way;
mod partitions;
mod permissions;
mod policy_proof;
mod posture;
mod posture_of_services;
mod protected;
mod python_environment;
mod readers;
mod reads;
mod references;
mod regions;
mod root_sessions;
mod rotate;
mod routes;
mod runners;
mod security_tried;
mod source_code;
mod strangers;
mod told_commands;
mod tried;
mod world;
mod wrong_account;
mod zones;
