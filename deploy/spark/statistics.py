"""Trades of a lake by day and instrument: count, volume, VWAP, highest and lowest price. Spark over the files that the sink `parquet` writes.

    spark-submit statistics.py LAKE OUT

OUT becomes Parquet files. Prices are `price * 10^priceExponent`, exact as decimals.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f


def main(lake, out):
    spark = (
        SparkSession.builder.appName("venuewire-statistics")
        # Spark's own timestamps are microseconds; instants stay nanoseconds since 1970, as integers.
        .config("spark.sql.legacy.parquet.nanosAsLong", "true")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("WARN")
    events = spark.read.option("basePath", f"{lake}/event").parquet(f"{lake}/event/*/*/*.parquet")
    price = f.col("price").cast("decimal(20,0)") * f.expr("cast(pow(10, priceExponent) as decimal(20,9))")
    volume = f.sum(f.col("size").cast("decimal(20,0)"))
    trades = events.where("kind = 'trade' AND action = 'trade' AND size IS NOT NULL").withColumn("at", price)
    statistics = trades.groupBy("source", "date", "instrument").agg(
        f.count(f.lit(1)).alias("trades"),
        volume.alias("volume"),
        f.sum(f.col("at") * f.col("size").cast("decimal(20,0)")).alias("turnover"),
        f.max("at").alias("highest"),
        f.min("at").alias("lowest"),
    )
    vwap = (f.col("turnover").cast("double") / f.col("volume").cast("double")).alias("vwap")
    statistics.select("*", vwap).coalesce(1).write.mode("overwrite").parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
