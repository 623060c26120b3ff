from act import train

train("train")
