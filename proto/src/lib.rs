//! The contracts: generated messages, clients and servers, and the descriptor set with its annotations.
