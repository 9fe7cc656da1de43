//! Writes the contract's messages and clients from a descriptor set.
//! Usage: rust-contract DESCRIPTOR-SET FOLDER

use std::{env, error::Error, fs};

use prost::Message as _;
use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, descriptors, folder] = <[String; 3]>::try_from(env::args().collect::<Vec<_>>())
        .map_err(|_| "usage: rust-contract DESCRIPTOR-SET FOLDER")?;
    let set = FileDescriptorSet::decode(&*fs::read(descriptors)?)?;
    fs::create_dir_all(&folder)?;
    tonic_prost_build::configure()
        .build_server(false)
        .bytes(".vibe")
        .include_file("mod.rs")
        .out_dir(folder)
        .compile_fds(set)?;
    Ok(())
}
