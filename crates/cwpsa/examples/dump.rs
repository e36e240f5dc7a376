//! dump
use connectwise_psa::catalogue as c;
fn main() {
    for o in c::all() {
        println!(
            "{}.{}\t{}\t{}\t{}\t{}\t{}\t{:?}\t{}\t{}\t{}",
            o.section,
            o.id,
            o.vendor_id,
            o.method.as_str(),
            o.path,
            o.tag,
            o.collection,
            o.response,
            o.body.map_or("", |b| b.type_name),
            c::summary(o),
            c::about(o).replace("\n", " ")
        );
    }
}
