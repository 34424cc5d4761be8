//! Both sides in one process.

use slotcast::{Domain, Publisher, ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    accel: [f32; 3],
    gyro: [f32; 3],
}

#[test]
fn a_message_arrives() {
    let folder = std::path::PathBuf::from("/dev/shm/slotcast-rt");
    let domain = Domain::at(&folder);
    let mut publisher = Publisher::<Imu>::builder("robot/imu").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Imu>::builder("robot/imu").domain(&domain).create().unwrap();
    let imu = Imu { stamp_ns: 1, accel: [1.0; 3], gyro: [2.0; 3] };
    publisher.publish(&imu).unwrap();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), imu);
    assert!(subscriber.try_recv().unwrap().is_none());
    let start = std::time::Instant::now();
    for i in 0..10_000_000u64 { let imu = Imu { stamp_ns: i, ..imu}; publisher.publish(&imu).unwrap(); }
    eprintln!("publish {:?}", start.elapsed()/10_000_000);
    let _ = subscriber.try_recv();
    let start = std::time::Instant::now();
    let mut n = 0u64;
    for i in 0..10_000_000u64 { let imu = Imu { stamp_ns: i, ..imu}; publisher.publish(&imu).unwrap(); n += subscriber.try_recv().unwrap().unwrap().stamp_ns; }
    eprintln!("publish+recv {:?} {n} lost {}", start.elapsed()/10_000_000, subscriber.lost());
    drop((publisher, subscriber));
    std::fs::remove_dir(folder).unwrap();
}
